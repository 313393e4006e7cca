// Administration: figures, providers, and reloading the configuration while requests are in flight.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { textOf } from './lib/client.mjs';
import { assertAnsweredBy, assertError, assertWhole } from './lib/expect.mjs';
import { Gateway } from './lib/gateway.mjs';
import { entryOf, kKey, scenarios } from './lib/scenario.mjs';
import { afterRelease, chunk, hold, kDone, says, sse, status, Upstream } from './lib/upstream.mjs';
import { eventually } from './lib/wait.mjs';

const kLocalTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/;

scenarios('administration', { concurrency: 1 }, (scenario) => {
  scenario('stats have models as their only keys, and the promised fields', {
    model: 'gpt-4o',
    providers: {
      'provider-1': { serve: says('hi'), rate_limit: { requests_per_period: 100, tokens_per_period: 500_000,
        period_cron: '0 0 * * *' } },
      'provider-2': { serve: says('hi') },
    },
  }, async ({ chat, gateway }) => {
    await chat();
    await chat();
    const stats = await gateway.stats();
    const models = (await gateway.get('/v1/models')).json.data.map(({ id }) => id);
    assert.deepEqual(Object.keys(stats).sort(), models.sort());
    assert.deepEqual(Object.keys(stats['gpt-4o']), ['provider-1', 'provider-2']);
    const { requests, tokens, last_reset: lastReset, limit_requests: limitRequests,
      limit_tokens: limitTokens } = stats['gpt-4o']['provider-1'];
    assert.deepEqual({ requests, tokens, limitRequests, limitTokens },
      { requests: 2, tokens: 24, limitRequests: 100, limitTokens: 500_000 });
    assert.match(lastReset, kLocalTime);
    assert.equal(stats['gpt-4o']['provider-2'].requests, 0);
    assert.equal(stats['gpt-4o']['provider-2'].tokens, 0);
  });

  scenario('providers are shown with all that decides about them, and without their keys', {
    strategy: 'round_robin',
    providers: {
      a: { serve: status(500, { message: `bad key ${kKey}` }), priority: 1, weight: 7,
        rate_limit: { requests_per_period: 100 } },
      b: { serve: says('hi'), priority: 2 },
    },
  }, async ({ chat, gateway, model }) => {
    assertAnsweredBy(await chat(), 'b', 2);
    const reply = await gateway.get(`/admin/providers/${model}`);
    assert.equal(reply.json.model, model);
    assert.equal(reply.json.strategy, 'round_robin');
    const [a, b] = reply.json.providers;
    assert.deepEqual([a.name, a.priority, a.weight, a.enabled], ['a', 1, 7, true]);
    assert.deepEqual([b.name, b.priority, b.available, b.in_flight], ['b', 2, true, 0]);
    assert.match(a.last_error.reason, /^500/);
    assert.match(a.last_error.at, kLocalTime);
    assert.equal(typeof b.average_latency_ms, 'number');
    assert.equal(typeof a.quota, 'object');
    assert.equal(a.api_key, `sk-…${kKey.slice(-4)}`);
    assert.ok(!reply.text.includes(kKey), reply.text);
  });

  scenario('requests in flight are shown', { providers: { a: { serve: afterRelease(says('done')) } } },
    async ({ chat, provider, a }) => {
    const answer = chat();
    await a.request(1);
    assert.equal((await provider('a')).in_flight, 1);
    a.release();
    await answer;
    await eventually(async () => (await provider('a')).in_flight === 0, 'no request in flight');
  });

  scenario('three failures in a row make a provider down, an answer makes it healthy', {
    providers: { a: { serve: [status(500), status(400), status(500), status(503), says('hi')] }, b: { serve: says('b') } },
  }, async ({ chat, provider }) => {
    assert.equal((await provider('a')).state, 'healthy');
    for (const want of ['healthy', 'healthy', 'healthy', 'down', 'healthy']) {  // a 400 is no failure of the provider's
      await chat();
      assert.equal((await provider('a')).state, want);
    }
    assert.equal((await provider('b')).state, 'healthy');
  });

  scenario('a rate limit of the provider cools it and is no failure, a refused key is one', {
    providers: { a: { serve: [status(429), status(401)] }, b: { serve: says('b'), enabled: false } },
  }, async ({ chat, provider }) => {
    await chat();
    assert.equal((await provider('a')).state, 'healthy');
    for (let i = 0; i < 3; ++i) await chat();
    assert.equal((await provider('a')).state, 'down');
    assert.equal((await provider('b')).state, 'disabled');
  });

  scenario('providers of an unknown model are a 404', { providers: { a: { serve: says('hi') } } },
    async ({ gateway }) => assertError(await gateway.get('/admin/providers/nobody'), 404));

  scenario('a web page from elsewhere may not change anything', { providers: { a: { serve: says('hi') } } },
    async ({ gateway }) => {
    for (const origin of ['https://evil.example', 'http://localhost.evil.example', 'null']) {
      assertError(await gateway.reload(undefined, { origin }), 403);
    }
    for (const headers of [{}, { origin: `http://127.0.0.1:${gateway.port}` }]) {
      assert.equal((await gateway.reload(undefined, headers)).status, 200);
    }
  });
});

scenarios('administration: a key of its own', { global: { api_key: 'client-key-0123456789',
  admin_key: 'admin-key-0123456789' } }, (scenario) => {
  scenario('clients do not get in, the administrator does', { providers: { a: { serve: says('hi') } } },
    async ({ gateway, chat }) => {
    const client = { authorization: 'Bearer client-key-0123456789' };
    const admin = { authorization: 'Bearer admin-key-0123456789' };
    for (const headers of [{}, client]) {
      const reply = await gateway.get('/admin/stats', headers);
      assert.ok([401, 403].includes(reply.status), reply.text);
      assertError(reply, reply.status);
      assert.ok([401, 403].includes((await gateway.reload(undefined, headers)).status));
    }
    assert.equal((await gateway.get('/admin/stats', admin)).status, 200);
    assert.equal((await gateway.get('/admin/stats', { 'x-api-key': 'admin-key-0123456789' })).status, 200);
    assert.equal((await gateway.reload(undefined, { ...admin, origin: 'https://evil.example' })).status, 200,
      'who has the key may');
    assert.equal((await chat({}, client)).status, 200);
  });
});

// A gateway with one model, `first`, at the given provider.
async function startWith(upstream, members = {}) {
  return Gateway.start(configOf({ first: [['a', upstream, members]] }));
}

function configOf(routes, globals = {}) {
  const config = { _global: globals };
  for (const [model, providers] of Object.entries(routes)) {
    config[model] = { providers: providers.map(([name, upstream, members]) =>
      entryOf(name, { serve: [], ...members }, upstream)) };
  }
  return config;
}

test('reload tells what was added, removed and changed, and keeps the counters', async () => {
  const upstream = await Upstream.start(says('hi'));
  const gateway = await Gateway.start(configOf({
    stays: [['a', upstream], ['b', upstream, { priority: 2 }]], goes: [['a', upstream]], changes: [['a', upstream]],
  }));
  await gateway.chat('stays');
  await gateway.chat('changes');
  const reply = await gateway.reload(configOf({
    stays: [['a', upstream], ['c', upstream, { priority: 2 }]], changes: [['a', upstream, { weight: 3 }]],
      comes: [['a', upstream]],
  }));
  assert.equal(reply.status, 200, reply.text);
  const { added, removed, changed } = reply.json;
  assert.ok(added.includes('comes') && added.includes('stays/c'), reply.text);
  assert.ok(removed.includes('goes') && removed.includes('stays/b'), reply.text);
  assert.ok(changed.includes('changes/a'), reply.text);
  assert.ok(!JSON.stringify(reply.json).includes('"stays/a"'), reply.text);
  assert.equal((await gateway.chat('comes')).status, 200);
  assertError(await gateway.chat('goes'), 404);
  const stats = await gateway.stats();
  assert.deepEqual(Object.keys(stats).sort(), ['changes', 'comes', 'stays']);
  assert.equal(stats.stays.a.requests, 1);
  assert.equal(stats.changes.a.requests, 1);
  assert.equal(await gateway.stop(), 0);
  await upstream.stop();
});

test('reload of the same file changes nothing', async () => {
  const upstream = await Upstream.start(says('hi'));
  const gateway = await startWith(upstream);
  const { added, removed, changed } = (await gateway.reload()).json;
  assert.deepEqual({ added, removed, changed }, { added: [], removed: [], changed: [] });
  assert.equal(await gateway.stop(), 0);
  await upstream.stop();
});

test('reload of a bad file tells every problem and keeps the old configuration', async () => {
  const upstream = await Upstream.start(says('hi'));
  const gateway = await startWith(upstream);
  const reply = await gateway.reload({
    first: { providers: [{ ...entryOf('a', { serve: [] }, upstream), weigth: 3 },
      { ...entryOf('a', { serve: [] }, upstream), priority: -1 }] },
    second: { providers: [] },
    third: { providers: [entryOf('a', { serve: [] }, upstream)] },
  });
  const error = assertError(reply, 400);
  const paths = error.problems.map(({ path }) => path);
  for (const path of ['first.providers[0].weigth', 'first.providers[1].priority', 'second.providers']) {
    assert.ok(paths.includes(path), `${path} in ${JSON.stringify(paths)}`);
  }
  assert.match(error.problems.find(({ path }) => path === 'first.providers[0].weigth').message,
    /did you mean "?weight"?/);
  assert.ok(error.problems.every(({ message }) => typeof message === 'string' && message !== ''));
  assert.ok(!reply.text.includes(kKey));
  assertAnsweredBy(await gateway.chat('first'), 'a', 1);
  assertError(await gateway.chat('third'), 404);
  assertError(await gateway.reload('{ "first": '), 400);
  assertAnsweredBy(await gateway.chat('first'), 'a', 1);
  assert.equal(await gateway.stop(), 0);
  await upstream.stop();
});

test('a cooldown outlives a reload', async () => {
  const limited = await Upstream.start(status(429, { headers: { 'retry-after': '60' } }));
  const spare = await Upstream.start(says('spare'));
  const routes = (weight) => configOf({ first: [['a', limited], ['b', spare, { priority: 2, weight }]] });
  const gateway = await Gateway.start(routes(1));
  assertAnsweredBy(await gateway.chat('first'), 'b', 2);
  assert.equal((await gateway.reload(routes(2))).status, 200);
  assertAnsweredBy(await gateway.chat('first'), 'b', 1);
  assert.equal(await gateway.stop(), 0);
  await Promise.all([limited.stop(), spare.stop()]);
});

test('SIGHUP reloads', async () => {
  const upstream = await Upstream.start(says('hi'));
  const gateway = await startWith(upstream);
  gateway.writeConfig(configOf({ first: [['a', upstream]], second: [['a', upstream]] }));
  gateway.signal('SIGHUP');
  await eventually(async () => (await gateway.chat('second')).status === 200, 'the second model');
  gateway.writeConfig('{ "first": ');
  gateway.signal('SIGHUP');
  await gateway.waitForLog(/ERROR/);
  assertAnsweredBy(await gateway.chat('second'), 'a', 1);
  assert.equal(await gateway.stop(), 0);
  await upstream.stop();
});

test('requests in flight finish on the configuration they began with', async () => {
  const old = await Upstream.start([sse(chunk({ content: 'old ' }), hold,
    chunk({ content: 'way' }, { finish_reason: 'stop' }), kDone),
    afterRelease(status(503))]);
  const spare = await Upstream.start(says('old spare'));
  const fresh = await Upstream.start(says('new way'));
  const gateway = await Gateway.start(configOf({ first: [['a', old], ['b', spare, { priority: 2 }]] }));
  const streaming = await gateway.stream('first');
  await streaming.nextEvent();
  const switching = gateway.chat('first');
  await old.request(2);
  assert.equal((await gateway.reload(configOf({ first: [['a', fresh]] }))).status, 200);
  assert.equal((await gateway.chat('first')).content, 'new way');
  old.release();
  old.release();
  const events = await streaming.rest();
  assertWhole(events);
  assert.equal(textOf(events), 'way');
  assert.equal((await switching).content, 'old spare');
  assert.equal(await gateway.stop(), 0);
  await Promise.all([old.stop(), spare.stop(), fresh.stop()]);
});

test('reloads under load lose no request', async () => {
  const upstream = await Upstream.start(says('hi'));
  const gateway = await startWith(upstream);
  let loading = true;
  const load = Array.from({ length: 8 }, async () => {
    while (loading) assert.equal((await gateway.chat('first')).status, 200);
  });
  for (let round = 0; round < 20; ++round) {
    const reply = await gateway.reload(configOf({ first: [['a', upstream, { weight: round + 1 }],
      ['b', upstream, { weight: 5 }]] }));
    assert.equal(reply.status, 200, reply.text);
  }
  loading = false;
  await Promise.all(load);
  assert.equal(await gateway.stop(), 0);
  await upstream.stop();
});
