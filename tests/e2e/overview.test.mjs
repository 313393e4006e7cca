// The state of the gateway at one moment (/admin/overview), and what follows it (/admin/events).
import assert from 'node:assert/strict';
import net from 'node:net';
import { test } from 'node:test';

import { openStream, RawConnection } from './lib/client.mjs';
import { kYearly } from './lib/cron.mjs';
import { assertError, assertRetryAfter } from './lib/expect.mjs';
import { Gateway } from './lib/gateway.mjs';
import { kMock } from './lib/keys.mjs';
import { atOnce } from './lib/load.mjs';
import { entryOf, kKey, kRefusedEndpoint, scenarios } from './lib/scenario.mjs';
import { newId } from './lib/stories.mjs';
import { afterRelease, chunk, hold, kDone, says, sse, status, Upstream } from './lib/upstream.mjs';
import { eventually, patiently, signal } from './lib/wait.mjs';

const kTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/;
const kWatchersMax = 128;

async function overview(gateway, headers) {
  const reply = await gateway.get('/admin/overview', headers);
  assert.equal(reply.status, 200, reply.text);
  assert.match(reply.headers['content-type'], /^application\/json/);
  return reply.json;
}

// What an overview shows of a model, as soon as `holds` of it: one is as old as a second.
const modelWhen = (gateway, model, holds) => eventually(async () => {
  const found = (await overview(gateway)).models.find((one) => one.model === model);
  const byName = Object.fromEntries(found.providers.map((one) => [one.name, one]));
  return holds(byName, found) && { ...found, byName };
}, `${model} in the overview`);

const watch = (gateway, headers) => openStream(gateway.port, { path: '/admin/events', headers });

// The frames that a watcher gets, each `{ seq, overview, requests }`; a frame is over when the next one begins.
async function framesOf(watcher, enough) {
  const frames = [];
  while (!enough(frames)) {
    const event = await watcher.nextEvent();
    assert.notEqual(event, null, 'the stream goes on');
    if (event.event === 'overview') {
      frames.push({ seq: event.json.seq, overview: event.data, requests: null });
    } else {
      assert.equal(event.event, 'requests');
      assert.equal(frames.at(-1).requests, null, 'at most once in a frame');
      frames.at(-1).requests = event.data;
    }
  }
  return frames;
}

const requestsIn = (frames) => frames.flatMap(({ requests }) => (requests ? JSON.parse(requests).requests : []));

function assertNoGaps(frames) {
  for (const [at, { seq }] of frames.entries()) assert.equal(seq, frames[0].seq + at);
}

// ---- numbers ------------------------------------------------------------------------------------------

const kUsage = { prompt_tokens: 100, completion_tokens: 20, total_tokens: 120,
  prompt_tokens_details: { cached_tokens: 40 } };

test('every number is that of a scripted run', async () => {
  const a = await Upstream.start([says('a', { usage: kUsage }), status(503), status(400), status(503),
    sse(chunk({ content: 'a' }), hold, chunk({}, { finish_reason: 'stop' }), kDone)]);
  const b = await Upstream.start([says('b', { usage: kUsage }), status(500)]);
  const gateway = await Gateway.start({
    _global: { threads: 77 },
    gpt: { aliases: ['fast', 'quick'], strategy: 'cost', providers: [
      entryOf('a', { serve: [], priority: 1, weight: 3, price: { input: 2, output: 10 }, rate_limit: [
        { requests_per_period: 10, tokens_per_period: 1000, period_cron: kYearly },
        { requests_per_period: 20, period: '5h' }] }, a),
      entryOf('b', { serve: [], priority: 2, weight: 7 }, b)] },
    idle: kMock,
  });
  const empty = await overview(gateway);
  assert.deepEqual(Object.keys(empty), ['seq', 'time', 'version', 'uptime_seconds', 'draining', 'disk_ok', 'totals',
    'now', 'models']);
  assert.deepEqual(empty.totals, { requests: 0, errors: 0, tokens_in: 0, tokens_out: 0, cached_tokens: 0, cost: 0 });
  assert.match(empty.time, kTime);
  assert.match(empty.version, /^\d+\.\d+\.\d+/);
  assert.ok(Number.isInteger(empty.uptime_seconds) && empty.uptime_seconds >= 0);
  assert.deepEqual([empty.draining, empty.disk_ok], [false, true]);
  assert.deepEqual(empty.now, { exchanges: 0, streams: 0, queued: 0, threads: 77, watchers: 0 });

  assert.equal((await gateway.chat('gpt')).status, 200);     // a
  assert.equal((await gateway.chat('fast')).status, 200);    // a fails, b
  assert.equal((await gateway.chat('quick')).status, 400);   // a
  assert.equal((await gateway.chat('gpt')).status, 502);     // a and b fail
  assert.equal((await gateway.chat('nobody')).status, 404);
  const stream = await gateway.stream('gpt');                // a, and stays
  const { byName, providers: _, ...model } = await modelWhen(gateway, 'gpt',
    (name, { requests }) => requests === 4 && name.a.in_flight === 1);
  assert.deepEqual(model, { model: 'gpt', aliases: ['fast', 'quick'], strategy: 'cost', requests: 4 });

  const { average_latency_ms: latency, last_error: failure, windows, ...numbers } = byName.a;
  assert.deepEqual(numbers, { name: 'a', type: 'openai', priority: 1, weight: 3, state: 'healthy', reason: null,
    free_in_seconds: null, in_flight: 1, requests: 2, errors: 3, tokens: 120, cost: byName.a.cost });
  assert.equal(typeof latency, 'number');
  assert.match(failure.reason, /^503/);
  assert.match(failure.at, kTime);
  assert.deepEqual(windows.map(({ account, period, unit, used, limit }) => [account, period, unit, used, limit]), [
    [null, kYearly, 'requests', 1, 10], [null, kYearly, 'tokens', 120, 1000], [null, '5h', 'requests', 1, 20]]);
  for (const { next_reset: reset, resets_in_seconds: seconds, exhausted_at: at } of windows) {
    assert.match(reset, kTime);
    assert.ok(seconds > 0);
    assert.ok(at === null || kTime.test(at));
  }
  const { requests, errors, tokens, windows: none } = byName.b;
  assert.deepEqual({ requests, errors, tokens, none }, { requests: 2, errors: 1, tokens: 120, none: [] });

  const { totals, now, models } = await overview(gateway);
  assert.deepEqual(totals, { requests: 5, errors: 1, tokens_in: 200, tokens_out: 40, cached_tokens: 80,
    cost: byName.a.cost + byName.b.cost });
  assert.equal(byName.a.cost, (60 * 2 + 40 * 2 + 20 * 10) / 1e6);
  assert.deepEqual(now, { exchanges: 1, streams: 1, queued: 0, threads: 77, watchers: 0 });
  assert.deepEqual(models.map((one) => [one.model, one.requests]), [['gpt', 4], ['idle', 0]]);
  a.release();
  await stream.rest();
  await modelWhen(gateway, 'gpt', (name, one) => one.requests === 5 && name.a.in_flight === 0);
  assert.ok(!(await gateway.get('/admin/overview')).text.includes(kKey));
  assert.equal(await gateway.stop(), 0);
  await Promise.all([a.stop(), b.stop()]);
});

scenarios('overview: states', { concurrency: 1 }, (scenario) => {
  const spare = { serve: says('spare'), priority: 9 };
  const shown = (name, provider, want, { times = 1, reason = null, free = false } = {}) =>
    scenario(name, { providers: { a: provider, b: spare } }, async ({ gateway, model, chat }) => {
      for (let i = 0; i < times; ++i) assert.equal((await chat()).status, 200);
      const { byName } = await modelWhen(gateway, model, ({ a }) => a.state === want);
      if (reason === null) assert.equal(byName.a.reason, null);
      else assert.match(byName.a.reason, reason);
      assert.equal(byName.a.free_in_seconds !== null, free, JSON.stringify(byName.a));
      if (free) assert.ok(byName.a.free_in_seconds > 0);
      assert.equal(byName.b.state, 'healthy');
    });

  shown('one that answers is healthy', { serve: says('a') }, 'healthy');
  shown('one that was never asked is healthy', { serve: says('a'), priority: 10 }, 'healthy');
  shown('one that said 429 is cooling', { serve: status(429, { headers: { 'retry-after': '100' } }) }, 'cooling',
    { reason: /^cooling down after 429/, free: true });
  shown('one that failed three times in a row is down', { serve: status(500) }, 'down', { times: 3 });
  shown('one whose quota is used up is exhausted', { serve: says('a'),
    rate_limit: { requests_per_period: 1, period_cron: kYearly } }, 'exhausted',
    { reason: /^quota used up: 1 of 1 requests/, free: true });
  shown('one at its limit of a minute is limited', { serve: says('a'), limits: { requests_per_minute: 1 } }, 'limited',
    { reason: /1 request per minute/, free: true });
  shown('one that is switched off is disabled', { serve: says('a'), enabled: false }, 'disabled',
    { reason: /disabled/ });
  shown('one without its key is unusable', { serve: says('a'), api_key: '${E2E_KEY_THAT_NOBODY_SETS}' }, 'unusable',
    { reason: /E2E_KEY_THAT_NOBODY_SETS/ });

  scenario('one with no room at once is limited, and not for ever', {
    providers: { a: { serve: afterRelease(says('a')), limits: { max_concurrent: 1 } }, b: spare },
  }, async ({ gateway, model, chat, a }) => {
    const first = chat();
    await a.request();
    await modelWhen(gateway, model, (name) => name.a.state === 'limited' && name.a.in_flight === 1);
    a.release();
    await first;
    await modelWhen(gateway, model, (name) => name.a.state === 'healthy' && name.a.in_flight === 0);
  });
});

// ---- events -------------------------------------------------------------------------------------------

async function withGateway(run, globals = {}, routes = { model: kMock }) {
  const gateway = await Gateway.start({ _global: globals, ...routes }, { env: { LOG_LEVEL: 'INFO' } });
  await run(gateway);
  assert.equal(await gateway.stop(), 0);
}

test('a watcher is told at once, and again without gaps', () => withGateway(async (gateway) => {
  const watcher = await watch(gateway);
  assert.equal(watcher.status, 200);
  assert.match(watcher.headers['content-type'], /^text\/event-stream/);
  assert.match(watcher.headers['cache-control'], /no-cache/);
  const frames = await framesOf(watcher, (all) => all.length === 4);
  assertNoGaps(frames);
  assert.equal(JSON.parse(frames.at(-1).overview).now.watchers, 1);
  assert.deepEqual(Object.keys(JSON.parse(frames[0].overview)), Object.keys(await overview(gateway)));
  watcher.abort();
}));

test('requests are told once, the newest last, as the list has them', () => withGateway(async (gateway) => {
  const watcher = await watch(gateway);
  await framesOf(watcher, (all) => all.length === 1);
  const ids = Array.from({ length: 5 }, newId);
  for (const id of ids) await gateway.chat('model', {}, { 'x-request-id': id });
  const frames = await framesOf(watcher, (all) => requestsIn(all).length >= 5);
  const more = await framesOf(watcher, (all) => all.length === 2);
  const told = requestsIn([...frames, ...more]);
  assert.deepEqual(told.map(({ id }) => id).sort(), [...ids].sort());
  const { requests } = (await gateway.get('/admin/requests')).json;
  assert.deepEqual(told.reverse(), requests);
  assert.equal(JSON.parse(more.at(-1).overview).totals.requests, 5);
  watcher.abort();
}));

test('of more than fifty in a second the newest are told', () => withGateway(async (gateway) => {
  for (let i = 0; i < 120; ++i) await gateway.chat('model', {}, { 'x-request-id': `many-${i}` });
  await eventually(async () => (await gateway.get('/admin/requests')).json.kept === 120, 'all stories');
  const watcher = await watch(gateway);
  const frames = await framesOf(watcher, (all) => all.length === 3);
  // A client may have the next answer before the story of the last one is told.
  const { requests } = (await gateway.get('/admin/requests?limit=50')).json;
  assert.equal(requests.length, 50);
  assert.deepEqual(requestsIn(frames), requests.reverse());
  watcher.abort();
}));

test('all watchers are told the same while many requests are answered', () => withGateway(async (gateway) => {
  const watchers = await atOnce(40, () => watch(gateway));
  const clients = 8;
  let loading = true;
  const load = atOnce(clients, async (client) => {
    let count = 0;
    while (loading) {
      assert.equal((await gateway.chat('model', { stream: count % 2 === 1 })).status, 200);
      ++count;
    }
    return count;
  });
  const seen = await Promise.all(watchers.map((watcher) => framesOf(watcher, (all) => all.length === 5)));
  loading = false;
  const count = (await load).reduce((sum, one) => sum + one, 0);
  const first = new Map();
  for (const frames of seen) {
    assertNoGaps(frames);
    for (const frame of frames.slice(0, -1)) {  // of the last one the requests may be missing
      const known = first.get(frame.seq) ?? frame;
      assert.deepEqual(frame, known);
      first.set(frame.seq, known);
    }
    const ids = requestsIn(frames).map(({ id }) => id);
    assert.equal(new Set(ids).size, ids.length, 'each request once');
    assert.ok(ids.length > 0);
  }
  assert.ok(first.size <= 10, 'frames are shared');
  await eventually(async () => (await overview(gateway)).totals.requests === count, 'all requests counted');
  for (const watcher of watchers) watcher.abort();
}));

test('the watcher behind the last place is sent away, until somebody leaves', () => withGateway(async (gateway) => {
  const watchers = await atOnce(kWatchersMax, () => watch(gateway));
  for (const watcher of watchers) assert.equal(watcher.status, 200);
  const refused = await gateway.get('/admin/events');
  assertError(refused, 503);
  assertRetryAfter(refused);
  await eventually(async () => (await overview(gateway)).now.watchers === kWatchersMax, 'all watchers counted');
  assert.equal((await gateway.chat('model')).status, 200, 'requests have threads of their own');
  watchers.pop().abort();
  watchers.push(await eventually(async () => {
    const watcher = await watch(gateway);
    return watcher.status === 200 && watcher;
  }, 'a place to be free'));
  for (const watcher of watchers.splice(0)) watcher.abort();
  await eventually(async () => (await overview(gateway)).now.watchers === 0, 'all places to be free');
}, { threads: 1 }));

test('who may not watch any more is told nothing more', async () => {
  const gateway = await Gateway.start({ model: kMock });
  const ends = async (watcher) => { while (await watcher.nextEvent() !== null); };
  const nobody = await watch(gateway);
  await framesOf(nobody, (all) => all.length === 1);
  const keys = await gateway.post('/admin/keys', { name: 'first', role: 'admin' });
  const first = { authorization: `Bearer ${keys.json.secret}` };
  await ends(nobody);
  const second = await gateway.post('/admin/keys', { name: 'second', role: 'admin' }, first);
  const watcher = await watch(gateway, { authorization: `Bearer ${second.json.secret}` });
  await framesOf(watcher, (all) => all.length === 2);
  assert.equal((await gateway.request('DELETE', '/admin/keys/second', { headers: first })).status, 200);
  await ends(watcher);
  assert.equal(await gateway.stop(), 0);
});

test('HEAD has the head of it and takes no place', () => withGateway(async (gateway) => {
  for (let i = 0; i < kWatchersMax + 2; ++i) {
    const reply = await gateway.request('HEAD', '/admin/events');
    assert.equal(reply.status, 200);
    assert.match(reply.headers['content-type'], /^text\/event-stream/);
    assert.equal(reply.text, '');
  }
  const connection = await RawConnection.open(gateway.port);
  connection.write('HEAD /admin/overview HTTP/1.1\r\nHost: gateway\r\n\r\n');
  const { status: code, headers, text } = await connection.reply({ noBody: true });
  assert.deepEqual([code, text], [200, '']);
  assert.ok(Number(headers['content-length']) > 100);
  connection.close();
  await eventually(async () => (await overview(gateway)).now.watchers === 0, 'all places to be free');
}));

test('a client of HTTP/1.0 is told, too', () => withGateway(async (gateway) => {
  const socket = net.connect(gateway.port, '127.0.0.1');
  const got = signal();
  let text = '';
  socket.on('data', (bytes) => {
    text += bytes;
    if (text.split('event: overview\n').length > 2) got.resolve();
  });
  socket.write('GET /admin/events HTTP/1.0\r\n\r\n');
  await patiently(got.promise, 'two overviews');
  assert.match(text, /^HTTP\/1\.1 200 /);
  assert.doesNotMatch(text, /transfer-encoding/i);
  socket.destroy();
}));

test('watchers end when the gateway does, and do not hold it up', async () => {
  const gateway = await Gateway.start({ _global: { shutdown_grace: 60 }, model: kMock });
  const watchers = await atOnce(20, () => watch(gateway));
  await Promise.all(watchers.map((watcher) => watcher.nextEvent()));
  assert.equal(await gateway.stop(), 0);
  for (const watcher of watchers) {
    await watcher.rest();
    assert.equal(watcher.cut, false, 'a proper end, so that the page comes again');
  }
});

// Frames of some megabytes, so that a client that does not read makes the gateway wait after a few.
const kLarge = Object.fromEntries(Array.from({ length: 3_000 }, (_, at) => [`model-${at}-${'x'.repeat(150)}`, kMock]));

async function blockedWatchers(gateway, count) {
  const sockets = [];
  for (let i = 0; i < count; ++i) {
    const socket = net.connect(gateway.port, '127.0.0.1').pause();
    socket.on('error', () => {});
    socket.unref();
    socket.write('GET /admin/events HTTP/1.1\r\nHost: gateway\r\n\r\n');
    sockets.push(socket);
  }
  await eventually(async () => (await overview(gateway)).now.watchers === count, 'watchers that do not read');
  return sockets;
}

test('a client that never reads holds nobody up, not even the end', async () => {
  const gateway = await Gateway.start({ _global: { shutdown_grace: 60 }, model: kMock, ...kLarge },
    { env: { LOG_LEVEL: 'INFO' } });
  const blocked = await blockedWatchers(gateway, 3);
  const watcher = await watch(gateway);
  const frames = await framesOf(watcher, (all) => all.length === 8);
  assertNoGaps(frames);
  assert.equal((await gateway.chat('model')).status, 200);
  assert.equal((await overview(gateway)).now.watchers, 4);
  assert.equal(await gateway.stop(), 0);
  for (const socket of blocked) socket.destroy();
});

test('what was reloaded is shown, and numbers stay', async () => {
  const upstream = await Upstream.start(says('a'));
  const route = (name, members) => ({ [name]: { providers: [entryOf('a', { serve: [], ...members }, upstream),
    entryOf('off', { endpoint: kRefusedEndpoint, priority: 2 }, null)] } });
  const gateway = await Gateway.start(route('one', {}));
  const watcher = await watch(gateway);
  await gateway.chat('one');
  const { threads } = (await overview(gateway)).now;
  assert.equal((await gateway.reload({
    _global: { threads: threads + 1 }, ...route('one', { weight: 7 }), ...route('two', {}),
  })).status, 200);
  const { byName, requests } = await modelWhen(gateway, 'one', ({ a }) => a.weight === 7);
  assert.deepEqual([byName.a.requests, byName.off.requests, requests], [1, 0, 1]);
  await modelWhen(gateway, 'two', ({ a }) => a.requests === 0);
  assert.equal((await overview(gateway)).now.threads, threads, 'what needs a restart is as it was');
  const seen = await framesOf(watcher, (all) => all.some((frame) => JSON.parse(frame.overview).models.length === 2));
  assertNoGaps(seen);
  watcher.abort();
  assert.equal(await gateway.stop(), 0);
  await upstream.stop();
});
