// Many cases, one gateway: each case names its providers and what they do, and gets a model of its own for them.
//
//   scenarios('failover', {}, (scenario) => {
//     scenario('a 503 is tried again', { providers: { a: { serve: [status(503), says('hi')], retry: 1 } } },
//       async ({ chat, a }) => {
//         assert.equal((await chat()).content, 'hi');
//         assert.equal(a.requests.length, 2);
//       });
//   });
//
// A provider is tried in the order in which it is listed (priority 1, 2, ...) unless it says otherwise, and without
// retries unless it says otherwise. What is not `serve` or `upstream` goes into its entry in the configuration, what
// is not `providers` into the route.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { openStream } from './client.mjs';
import { chatBody, Gateway } from './gateway.mjs';
import { Upstream } from './upstream.mjs';

// Nothing listens there: connections are refused.
export const kRefusedEndpoint = 'http://127.0.0.1:1/v1';

// `options.global` becomes `_global`; `options.config` is merged into the file; `options.concurrency` cases run at
// once (4 unless told otherwise).
export function scenarios(title, options, define) {
  const cases = [];
  let gateway;
  describe(title, { concurrency: options.concurrency ?? 4 }, () => {
    before(async () => {
      const config = { _global: options.global ?? {}, ...options.config };
      for (const one of cases) config[one.model] = await openHouse(one);
      gateway = await Gateway.start(config, { env: options.env, args: options.args });
    });
    after(async () => {
      try {
        if (gateway) assert.equal(await gateway.stop(), 0, 'the gateway ends cleanly');
      } finally {
        const upstreams = cases.flatMap((one) => Object.values(one.upstreams));
        await Promise.all(upstreams.map((upstream) => upstream.stop()));
      }
    });
    define((name, spec, run) => {
      const one = { model: spec.model ?? `case-${cases.length + 1}`, spec, upstreams: {} };
      cases.push(one);
      it(name, () => run(contextOf(one, gateway, options.global ?? {})));
    });
  });
}

// Starts the case's providers; gives its route.
async function openHouse({ spec, upstreams }) {
  const { providers, model: _, ...route } = spec;
  const entries = Object.entries(providers);
  route.providers = [];
  for (const [at, [name, provider]] of entries.entries()) {
    if (provider.serve) upstreams[name] = await Upstream.start(provider.serve, provider.upstream);
    route.providers.push(entryOf(name, { priority: at + 1, ...provider }, upstreams[name]));
  }
  return route;
}

// A provider's entry in the configuration.
export function entryOf(name, { serve, upstream: _, ...members }, upstream) {
  const reached = serve ? { endpoint: upstream.url, api_key: kKey } : {};
  const defaults = members.type === 'mock' ? {} : { model: 'upstream-model' };
  return { name, ...defaults, retry: 0, ...reached, ...members };
}

// Every provider's key, unless it has another; no log and no answer may hold it.
export const kKey = 'sk-e2e-secret-0123456789abcd';

// What a case works with: its providers by name, and its model's part of the gateway.
function contextOf({ model, upstreams }, gateway, { api_key: apiKey, admin_key: adminKey = apiKey }) {
  const admin = adminKey ? { authorization: `Bearer ${adminKey}` } : {};
  return {
    ...upstreams,
    gateway,
    model,
    chat: (members, headers) => gateway.chat(model, members, headers),
    stream: (members, headers) => gateway.stream(model, members, headers),
    startChat: (members, headers) => gateway.startChat(model, members, headers),
    post: (target, members = {}, headers = {}) => gateway.post(target, { model, ...members }, headers),
    openStream: (target, members = {}) => openStream(gateway.port, { method: 'POST', path: target,
      body: { model, stream: true, ...members } }),
    body: (members) => chatBody(model, members),
    providers: () => gateway.providers(model, admin),
    provider: async (name) => (await gateway.providers(model, admin)).find((one) => one.name === name),
    stats: async () => (await gateway.stats(admin))[model],
  };
}
