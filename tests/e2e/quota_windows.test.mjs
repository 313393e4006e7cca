// Quotas of several windows: a provider is out while any of them is used up, its account's included, and people see
// what is left until when.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';

import { kYearly } from './lib/cron.mjs';
import { assertAnsweredBy, assertError, assertRetryAfter } from './lib/expect.mjs';
import { Gateway } from './lib/gateway.mjs';
import { entryOf, kKey, scenarios } from './lib/scenario.mjs';
import { hang, says, status, Upstream } from './lib/upstream.mjs';
import { eventually } from './lib/wait.mjs';

const requests = (count, period) => ({ requests_per_period: count, ...period });
const tokens = (count, period) => ({ tokens_per_period: count, ...period });
const rolls = (period) => ({ period });
const resets = (cron) => ({ period_cron: cron });

// Times of /admin are local; in this zone they can be reckoned with.
const kUtc = { TZ: 'UTC' };
const msOf = (text) => Date.parse(`${text}Z`);
const kHourMs = 3600 * 1000;

// `time` lies between two moments of ours, but for rounding to full seconds.
function assertBetween(time, from, to) {
  assert.ok(msOf(time) >= from - 1000 && msOf(time) <= to + 1000, `${time} from ${new Date(from).toISOString()}`);
}

async function names(chat, count) {
  const all = [];
  for (let turn = 0; turn < count; ++turn) all.push((await chat()).headers['x-gateway-provider']);
  return all.join(' ');
}

scenarios('windows', { env: kUtc }, (scenario) => {
  const kOrders = {
    'the first': [requests(3, rolls('5h')), requests(5, resets(kYearly))],
    'the second': [requests(5, rolls('5h')), requests(3, resets(kYearly))],
    'a rolling one of two': [requests(5, rolls('7d')), requests(3, rolls('5h'))],
    'one of tokens': [requests(5, rolls('5h')), tokens(36, resets(kYearly))],
    'one of a list of one': [requests(3, rolls('90m'))],
  };
  for (const [which, windows] of Object.entries(kOrders)) {
    scenario(`a provider is out once ${which} is used up`, {
      providers: { a: { serve: says('from a'), rate_limit: windows }, b: { serve: says('from b') } },
    }, async ({ chat, stats, provider }) => {
      assert.equal(await names(chat, 5), 'a a a b b');
      const { a } = await stats();
      assert.deepEqual(a.windows.map((window) => window.requests), windows.map(() => 3));
      const { available, reason, until } = await provider('a');
      assert.equal(available, false);
      assert.match(reason, /quota|limit/i);
      assert.ok(until, 'it says until when');
    });
  }

  scenario('each window is shown, and over them what matters first', {
    providers: { a: { serve: says('from a'), rate_limit: [requests(5, rolls('5h')),
      { ...requests(8, resets(kYearly)), tokens_per_period: 1000 }] } },
  }, async ({ chat, stats }) => {
    await chat();
    await chat();
    const { a } = await stats();
    const [rolling, yearly] = a.windows;
    for (const window of a.windows) assert.deepEqual([window.requests, window.tokens], [2, 24]);
    assert.deepEqual([rolling.period, yearly.period], ['5h', kYearly]);
    assert.deepEqual([rolling.limit_requests, rolling.limit_tokens], [5, null]);
    assert.deepEqual([yearly.limit_requests, yearly.limit_tokens], [8, 1000]);
    assert.deepEqual([rolling.remaining, yearly.remaining],
      [{ requests: 3, tokens: null, cost: null }, { requests: 6, tokens: 976, cost: null }]);

    assert.deepEqual([a.requests, a.tokens, a.limit_requests, a.limit_tokens], [2, 24, 5, null], 'the first window');
    assert.deepEqual(a.remaining, { requests: 3, tokens: 976, cost: null }, 'the least of all');
    assert.equal(a.next_reset, [rolling.next_reset, yearly.next_reset].sort()[0], 'the soonest');
    assert.equal(a.account, null);
  });

  scenario('what has no quota has nothing left and nothing to wait for', { providers: { a: { serve: says('a') } } },
    async ({ chat, stats }) => {
    await chat();
    const { a } = await stats();
    assert.deepEqual([a.requests, a.windows, a.remaining, a.next_reset, a.exhausted_at], [1, [], null, null, null]);
  });

  scenario('a window that is used up is exhausted, one that lasts is not', {
    providers: { a: { serve: says('a'), rate_limit: [requests(2, rolls('5h')), requests(1_000_000, rolls('90m'))] } },
  }, async ({ chat, stats }) => {
    assert.deepEqual((await stats()).a.windows.map((window) => window.exhausted_at), [null, null]);
    await chat();
    await chat();
    const { a } = await stats();
    assert.notEqual(a.windows[0].exhausted_at, null);
    assert.equal(a.windows[1].exhausted_at, null);
    assert.equal(a.exhausted_at, a.windows[0].exhausted_at);
  });

  scenario('a rolling window begins with its first request and stays where it is', {
    providers: { a: { serve: says('a'), rate_limit: requests(5, rolls('5h')) } },
  }, async ({ chat, stats }) => {
    const window = async () => (await stats()).a.windows[0];
    assert.deepEqual([(await window()).last_reset, (await window()).next_reset], [null, null]);
    const before = Date.now();
    await chat();
    const begun = await window();
    assertBetween(begun.last_reset, before, Date.now());
    assert.equal(msOf(begun.next_reset) - msOf(begun.last_reset), 5 * kHourMs);
    await chat();
    const later = await window();
    assert.deepEqual([later.last_reset, later.next_reset], [begun.last_reset, begun.next_reset]);
  });

  scenario('a request that nobody answered begins no window', {
    providers: { a: { serve: status(503), rate_limit: requests(5, rolls('5h')) }, b: { serve: says('b') } },
  }, async ({ chat, stats }) => {
    assertAnsweredBy(await chat(), 'b', 2);
    const { a } = await stats();
    assert.deepEqual([a.windows[0].last_reset, a.windows[0].next_reset, a.windows[0].requests], [null, null, 0]);
  });

  scenario('a request in flight is held in every window', {
    providers: { a: { serve: hang, rate_limit: [requests(5, rolls('5h')), requests(1, resets(kYearly))] },
      b: { serve: says('b') } },
  }, async ({ chat, startChat, stats, a }) => {
    const waiting = startChat();
    await a.request(1);
    assertAnsweredBy(await chat(), 'b', 1);
    waiting.abort();
    await a.requests[0].aborted();
    await eventually(async () => (await stats()).a.reserved_requests === 0, 'the place to be given back');
    assert.deepEqual((await stats()).a.windows.map((window) => window.requests), [0, 0]);
  });

  scenario('who is out of quota is told when the window ends', {
    providers: { a: { serve: says('a'), rate_limit: [requests(1, rolls('2h')), requests(9, rolls('7d'))] } },
  }, async ({ chat }) => {
    assertAnsweredBy(await chat(), 'a', 1);
    const reply = await chat();
    assertError(reply, 429);
    const seconds = assertRetryAfter(reply);
    assert.ok(seconds > 3600 && seconds <= 2 * 3600 + 1, `${seconds} s of two hours`);
  });

  scenario('200 clients at once are held to the smallest of three windows', {
    providers: { a: { serve: says('a'), rate_limit: [requests(90, rolls('5h')), requests(60, resets(kYearly)),
      requests(80, rolls('7d'))] }, b: { serve: says('b') } },
  }, async ({ chat, stats, a, b }) => {
    const replies = await Promise.all(Array.from({ length: 200 }, () => chat()));
    assert.ok(replies.every((reply) => reply.status === 200));
    assert.deepEqual([a.requests.length, b.requests.length], [60, 140]);
    assert.deepEqual((await stats()).a.windows.map((window) => window.requests), [60, 60, 60]);
  });
});

// A gateway of its own: `limit` at the model's provider `a`, a spare `b` behind it.
async function startHouse(limit) {
  const [upstream, spare] = [await Upstream.start(says('from a')), await Upstream.start(says('from b'))];
  const configOf = (rateLimit) => ({ model: { providers: [
    entryOf('a', { serve: [], priority: 1, rate_limit: rateLimit }, upstream),
    entryOf('b', { serve: [], priority: 2 }, spare)] } });
  const house = {
    configOf,
    gateway: await Gateway.start(configOf(limit), { env: kUtc }),
    chat: () => house.gateway.chat('model'),
    shown: async () => (await house.gateway.stats()).model.a,
    restart: async (end, changeFile = () => {}) => {
      await house.gateway[end]({ keepFolder: true });
      changeFile(path.join(house.gateway.dataFolder, 'usage', 'model', 'a.json'));
      house.gateway = await Gateway.start(configOf(limit), { env: kUtc, folder: house.gateway.folder });
    },
    stop: async () => {
      assert.equal(await house.gateway.stop(), 0);
      await Promise.all([upstream.stop(), spare.stop()]);
    },
  };
  return house;
}

for (const end of ['stop', 'kill']) {
  test(`windows survive ${end === 'stop' ? 'SIGTERM' : 'SIGKILL'} and a restart`, async () => {
    const house = await startHouse([requests(6, rolls('5h')), requests(8, resets(kYearly)), tokens(1e6, rolls('2w'))]);
    assert.equal(await names(house.chat, 4), 'a a a a');
    const before = await house.shown();
    await house.restart(end);
    const after = await house.shown();
    const lasting = (shown) => shown.windows.map(({ exhausted_at: _, ...window }) => window);
    assert.deepEqual(lasting(after), lasting(before));
    assert.deepEqual(after.remaining, { requests: 2, tokens: 1e6 - 48, cost: null });
    assert.equal(await names(house.chat, 4), 'a a b b');
    await house.stop();
  });
}

test('a window that ended while the gateway was down is reset at the start, and only that one', async () => {
  const house = await startHouse([requests(2, rolls('5h')), requests(5, resets(kYearly))]);
  assert.equal(await names(house.chat, 3), 'a a b');
  await house.restart('stop', (file) => {
    const counter = JSON.parse(fs.readFileSync(file, 'utf8'));
    assert.equal(counter.period, '5h');
    Object.assign(counter, { last_reset: '2024-02-29T01:00:00+00:00', next_reset: '2024-02-29T06:00:00+00:00' });
    fs.writeFileSync(file, JSON.stringify(counter));
  });
  await house.gateway.waitForLog(/INFO Reset usage\b.*\bmodel=model provider=a\b/);
  const { windows } = await house.shown();
  assert.deepEqual(windows.map((window) => window.requests), [0, 2]);
  assert.deepEqual([windows[0].last_reset, windows[0].next_reset], [null, null], 'it waits for its next request');
  assert.equal(await names(house.chat, 4), 'a a b b');
  assert.equal(house.gateway.logLines('Reset usage').length, 1);
  await house.restart('kill');
  assert.deepEqual((await house.shown()).windows.map((window) => window.requests), [2, 4]);
  assert.equal(house.gateway.logLines('Reset usage').length, 0, 'once');
  await house.stop();
});

test('a reload keeps the counts of windows that stay or change, and begins new ones at 0', async () => {
  const house = await startHouse(requests(5, rolls('5h')));
  assert.equal(await names(house.chat, 2), 'a a');
  const begun = (await house.shown()).windows[0];
  const counts = async (limit) => {
    const reply = await house.gateway.reload(house.configOf(limit));
    assert.equal(reply.status, 200, reply.text);
    return (await house.shown()).windows.map((window) => [window.period, window.requests, window.limit_requests]);
  };
  assert.deepEqual(await counts([requests(5, rolls('5h')), requests(9, resets(kYearly))]),
    [['5h', 2, 5], [kYearly, 0, 9]], 'what was used before the window is not known');
  assert.equal((await house.shown()).windows[0].next_reset, begun.next_reset);
  assert.equal(await names(house.chat, 1), 'a');
  assert.deepEqual(await counts([requests(9, resets(kYearly)), requests(4, rolls('5h'))]),
    [[kYearly, 1, 9], ['5h', 3, 4]], 'the order is of no importance');
  assert.deepEqual(await counts([requests(9, resets(kYearly)), requests(4, rolls('7d'))]),
    [[kYearly, 1, 9], ['7d', 3, 4]], 'a changed period keeps the counts');
  const moved = (await house.shown()).windows[1];
  assert.deepEqual([moved.last_reset, msOf(moved.next_reset) - msOf(moved.last_reset)],
    [begun.last_reset, 7 * 24 * kHourMs], 'and moves the next reset');
  assert.equal(await names(house.chat, 2), 'a b');
  assert.deepEqual(await counts(requests(9, resets(kYearly))), [[kYearly, 2, 9]]);
  assert.equal(await names(house.chat, 1), 'a');
  await house.stop();
});

test('windows of an account are shared by its models, beside those of their entries', async () => {
  const [upstream, spare] = [await Upstream.start(says('account')), await Upstream.start(says('spare'))];
  const routeOf = (members) => ({ providers: [{ name: 'p', use: 'account', model: 'm', priority: 1, ...members },
    entryOf('q', { serve: [], priority: 2 }, spare)] });
  const gateway = await Gateway.start({
    _providers: { account: { endpoint: upstream.url, api_key: kKey,
      rate_limit: [requests(4, rolls('5h')), tokens(1000, resets(kYearly))] } },
    one: routeOf({ rate_limit: [requests(3, rolls('7d'))] }),
    two: routeOf({}),
  }, { env: kUtc });
  const shown = async (model) => (await gateway.stats())[model].p;

  assert.equal(await names(() => gateway.chat('one'), 2), 'p p');
  const [one, two] = [await shown('one'), await shown('two')];
  assert.equal(one.account.name, 'account');
  assert.deepEqual([one.account.requests, one.account.tokens, one.account.limit_requests], [2, 24, 4]);
  assert.deepEqual(one.account.windows.map((window) => [window.period, window.requests]), [['5h', 2], [kYearly, 2]]);
  assert.deepEqual(one.account.remaining, { requests: 2, tokens: 976, cost: null });
  assert.deepEqual(two.account, one.account);

  assert.deepEqual(one.windows.map((window) => [window.period, window.requests]), [['7d', 2]]);
  assert.deepEqual(two.windows, []);
  assert.deepEqual([two.requests, one.remaining, two.remaining],
    [0, { requests: 1, tokens: 976, cost: null }, { requests: 2, tokens: 976, cost: null }],
    'the least of the entry and its account');
  assert.deepEqual([one.next_reset, two.next_reset], [one.account.next_reset, one.account.next_reset], 'the soonest');

  assert.equal(await names(() => gateway.chat('one'), 2), 'p q', 'the entry is used up');
  assert.equal(await names(() => gateway.chat('two'), 2), 'p q', 'the account is used up');
  assert.equal(await gateway.stop(), 0);
  await Promise.all([upstream.stop(), spare.stop()]);
});
