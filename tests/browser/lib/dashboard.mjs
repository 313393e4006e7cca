// A case: a gateway of its own with scripted providers, and a browser that looks at its dashboard.
//
//   dashboard('shows a failover', {
//     serve: { a: [status(503)], b: says('hi') },
//     config: ({ a, b }) => ({ demo: { providers: [at('a', a), at('b', b, { priority: 2 })] } }),
//   }, async ({ page, gateway, a, b }) => { ... });
//
// A case fails if the page logs an error, breaks its Content-Security-Policy, opens a dialog of the browser or asks
// another origin for anything, whatever its expectations say.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { after, it } from 'node:test';
import { fileURLToPath } from 'node:url';

import { chromium } from 'playwright-core';

import { Gateway } from '../../e2e/lib/gateway.mjs';
import { bearer, kAdminKey, kMock } from '../../e2e/lib/keys.mjs';
import { Upstream } from '../../e2e/lib/upstream.mjs';
import { kPatienceMs } from '../../e2e/lib/wait.mjs';

export { kAdminKey };
export const kAdmin = bearer(kAdminKey);
export const kDesktop = { width: 1360, height: 900 };
export const kPhone = { width: 360, height: 780 };

const kPictures = fileURLToPath(new URL('../../../build/browser/', import.meta.url));

let starting;

// One browser for all cases of a file; each gets a context of its own.
function browser() {
  starting ??= chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: process.getuid() === 0 ? ['--no-sandbox'] : [],
  });
  return starting;
}
after(async () => (await starting)?.close());

// An entry of a provider at a scripted upstream: one try, no second one.
export const at = (name, upstream, members = {}) => ({
  name,
  endpoint: upstream.url,
  model: 'upstream-model',
  api_key: 'sk-upstream-0123456789',
  retry: 0,
  ...members,
});

export const kGuarded = { _global: { admin_key: kAdminKey } };

// `view`: where it begins. `signIn: false`: the case does that itself. `name` may be a path of words for people.
export function dashboard(name, options, run) {
  const { serve = {}, config = () => ({ demo: kMock }), view = 'now', signIn = true, ...context } = options;
  it(name, async () => {
    const upstreams = {};
    for (const [key, script] of Object.entries(serve)) upstreams[key] = await Upstream.start(script);
    const gateway = await Gateway.start({ ...kGuarded, ...config(upstreams) });
    const window = await (await browser()).newContext({ viewport: kDesktop, ...context });
    window.setDefaultTimeout(kPatienceMs);
    try {
      const page = await window.newPage();
      const faults = watch(page, gateway);
      const address = `http://127.0.0.1:${gateway.port}/dashboard`;
      if (signIn)
        await window.request.post(`http://127.0.0.1:${gateway.port}/admin/login`, { data: { key: kAdminKey } });
      await page.goto(`${address}#/${view}`);
      await run({ page, gateway, window, address, ...upstreams });
      assert.deepEqual(faults, []);
    } finally {
      await window.close();
      await gateway.kill();
      for (const upstream of Object.values(upstreams)) await upstream.stop();
    }
  });
}

// What must not happen in any case.
function watch(page, gateway) {
  const faults = [];
  const origin = `http://127.0.0.1:${gateway.port}/`;
  page.on('pageerror', (error) => faults.push(`error: ${error.stack}`));
  page.on('dialog', (dialog) => {
    faults.push(`dialog: ${dialog.message()}`);
    dialog.dismiss();
  });
  page.on('request', (request) => {
    if (!request.url().startsWith(origin) && !request.url().startsWith('data:')) faults.push(`asked ${request.url()}`);
  });
  page.on('console', (message) => {
    // The browser itself says each 4xx, and each lost connection; those are what the page is told, no fault of it.
    if (message.type() !== 'error' || message.text().startsWith('Failed to load resource:')) return;
    faults.push(`console: ${message.text()}`);
  });
  return faults;
}

// Artefacts of a build, to be looked at.
export async function picture(page, name) {
  fs.mkdirSync(kPictures, { recursive: true });
  await page.screenshot({ path: `${kPictures}${name}.png`, fullPage: true, animations: 'disabled' });
}

// The page, once its stream runs.
export const isLive = (page) => page.locator('.live[data-state="live"]').waitFor();
