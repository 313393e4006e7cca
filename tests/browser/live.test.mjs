// What happens, while it happens: a failover, requests and their stories, numbers, a stream that breaks off.
import assert from 'node:assert/strict';
import { describe } from 'node:test';

import { says, status } from '../e2e/lib/upstream.mjs';
import { eventually } from '../e2e/lib/wait.mjs';
import { at, dashboard, isLive, kAdmin } from './lib/dashboard.mjs';

const kPair = {
  serve: { a: [says('from a'), status(503)], b: says('from b') },
  config: ({ a, b }) => ({ demo: { providers: [at('primary', a, { priority: 1 }), at('spare', b, { priority: 2 })] } }),
};
const card = (page, name) => page.locator('.provider').filter({ has: page.getByText(name, { exact: true }) });

describe('dashboard: live', () => {
  dashboard(
    'a failover is seen as it happens',
    { ...kPair, view: 'models', serve: { a: status(429, { headers: { 'retry-after': '600' } }), b: says('from b') } },
    async ({ page, gateway }) => {
      await card(page, 'primary').getByText('healthy', { exact: true }).waitFor();
      await page.locator('[data-role="serving"]').filter({ hasText: 'primary' }).waitFor();
      await gateway.chat('demo', {}, kAdmin);
      await page.getByText('failed over to tier 2').waitFor();
      await card(page, 'primary')
        .locator('.badge')
        .filter({ hasText: /^cooling down until \d\d:\d\d:\d\d$/ })
        .waitFor();
      await card(page, 'primary').locator('.trouble').filter({ hasText: '429' }).waitFor();
      await page.locator('[data-role="serving"]').filter({ hasText: 'spare' }).waitFor();
      assert.match(await page.locator('#announcer').textContent(), /primary of demo: cooling/);
      await page.getByRole('button', { name: 'What would be chosen now?' }).click();
      await page.locator('.explanation').getByText('spare').first().waitFor();
      await page.locator('.explanation li').filter({ hasText: 'primary' }).getByText('skipped').waitFor();

      await page.getByRole('link', { name: 'Now', exact: true }).click();
      await page.getByRole('link', { name: 'primary of demo' }).first().waitFor();
    },
  );

  dashboard(
    'requests come by themselves, and each has its story',
    { ...kPair, view: 'requests' },
    async ({ page, gateway }) => {
      await isLive(page);
      await gateway.chat('demo', {}, { ...kAdmin, 'x-request-id': 'first' });
      await page.locator('a[href="#/requests/first"]').waitFor();
      await gateway.chat('demo', {}, { ...kAdmin, 'x-request-id': 'second' });
      const line = page.getByRole('row').filter({ has: page.locator('a[href="#/requests/second"]') });
      await line.getByText('1 switch').waitFor();
      await line.getByRole('cell').nth(2).click();
      await page.getByText('answered by spare').waitFor();
      const timeline = page.locator('.timeline .text');
      assert.equal(await timeline.count(), 2);
      assert.match(await timeline.nth(0).textContent(), /^failed · 503/);
      assert.match(await timeline.nth(1).textContent(), /^answered · 200/);
      assert.ok((await page.locator('.steps li').count()) >= 4);

      await page.reload(); // a link to a story can be kept
      await page.getByText('answered by spare').waitFor();
      await page.getByRole('link', { name: 'All requests' }).click();
      await page.locator('a[href="#/requests/first"]').waitFor();
    },
  );

  dashboard('the filter of requests is the gateway’s', { ...kPair, view: 'requests' }, async ({ page, gateway }) => {
    for (const id of ['good', 'switched']) await gateway.chat('demo', {}, { ...kAdmin, 'x-request-id': id });
    await gateway.chat('nobody-has-this', {}, { ...kAdmin, 'x-request-id': 'unknown' });
    await page.locator('a[href="#/requests/unknown"]').waitFor();
    await page.getByLabel('Status').selectOption('4xx');
    await page.locator('a[href="#/requests/good"]').waitFor({ state: 'detached' });
    assert.equal(await page.locator('tbody tr').count(), 1);
    assert.match(page.url(), /status=4xx/);
    await page.getByRole('button', { name: 'Clear' }).click();
    await page.getByLabel('Provider').fill('spare');
    await page.getByLabel('Provider').press('Enter');
    await page.locator('a[href="#/requests/unknown"]').waitFor({ state: 'detached' });
    assert.equal(await page.locator('tbody tr a').first().getAttribute('href'), '#/requests/switched');
  });

  dashboard('numbers are those of the gateway', { ...kPair }, async ({ page, gateway }) => {
    for (let turn = 0; turn < 3; ++turn) await gateway.chat('demo', {}, kAdmin);
    const fact = (name) =>
      page
        .locator('.facts div')
        .filter({ has: page.getByText(name, { exact: true }) })
        .locator('dd');
    await fact('Requests since start').filter({ hasText: /^3$/ }).waitFor();
    await fact('Tokens in').filter({ hasText: /^21$/ }).waitFor();
    await fact('Tokens out').filter({ hasText: /^15$/ }).waitFor();
    const rate = page.locator('.tile').filter({ hasText: 'Requests a second' }).locator('.value');
    await rate.filter({ hasText: /^\d/ }).waitFor();
    await page.getByRole('link', { name: 'History' }).click();
    await page.getByRole('row', { name: /^demo 3 36 / }).waitFor();
    await page.getByRole('radio', { name: 'Provider' }).check();
    await page.getByRole('row', { name: /^spare 2 / }).waitFor();
    await page.getByText('As a table').click();
    assert.equal(await page.locator('.chart tbody tr').count(), 24);
  });

  dashboard(
    'a quota shows how much is used and when it begins anew',
    {
      view: 'models',
      config: () => ({
        demo: {
          providers: [
            {
              name: 'small',
              type: 'mock',
              mock: { latency: 0 },
              rate_limit: { requests_per_period: 4, period_cron: '0 0 1 1 *' },
            },
            { name: 'spare', type: 'mock', priority: 2, mock: { latency: 0 } },
          ],
        },
      }),
    },
    async ({ page, gateway }) => {
      for (let turn = 0; turn < 2; ++turn) await gateway.chat('demo', {}, kAdmin);
      await card(page, 'small').getByText('2 of 4 requests').waitFor();
      await card(page, 'small')
        .getByText(/resets in \d+/)
        .waitFor();
      for (let turn = 0; turn < 2; ++turn) await gateway.chat('demo', {}, kAdmin);
      await card(page, 'small').getByText('used up', { exact: true }).waitFor();
      await card(page, 'small').locator('.badge').filter({ hasText: 'exhausted until' }).waitFor();
      await page.getByText('failed over to tier 2').waitFor();
    },
  );

  dashboard('a hidden page listens to nothing, and misses nothing', { view: 'requests' }, async ({ page, gateway }) => {
    const hide = (hidden) =>
      page.evaluate((value) => {
        Object.defineProperty(document, 'hidden', { value, configurable: true });
        document.dispatchEvent(new Event('visibilitychange'));
      }, hidden);
    const watchers = async () => (await gateway.get('/admin/overview', kAdmin)).json.now.watchers;
    await isLive(page);
    await eventually(async () => (await watchers()) === 1, 'the page to be seen watching');
    await hide(true);
    await eventually(async () => (await watchers()) === 0, 'the page to let go');
    await gateway.chat('demo', {}, { ...kAdmin, 'x-request-id': 'meanwhile' });
    await hide(false);
    await page.locator('a[href="#/requests/meanwhile"]').waitFor();
    await isLive(page);
  });

  dashboard('a gateway that stands still is noticed, and its return', {}, async ({ page, gateway }) => {
    await isLive(page);
    gateway.signal('SIGSTOP');
    await page.locator('.live').filter({ hasText: 'reconnecting' }).waitFor();
    gateway.signal('SIGCONT');
    await isLive(page);
  });

  dashboard(
    '500 models are found by their names',
    {
      view: 'models',
      config: () =>
        Object.fromEntries(
          Array.from({ length: 500 }, (_, number) => [
            `model-${number}`,
            { providers: [{ name: `p-${number}`, type: 'mock' }] },
          ]),
        ),
    },
    async ({ page }) => {
      await page.getByText('500 models', { exact: true }).waitFor();
      assert.equal(await page.locator('.model').count(), 40);
      await page.getByRole('searchbox').fill('p-321');
      await page.getByText('1 of 500 models').waitFor();
      await page.locator('.model summary').click();
      await card(page, 'p-321').waitFor();
    },
  );
});
