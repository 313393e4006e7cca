// Limits are exact with 200 clients at once: for routes and accounts, when providers fail and clients leave, in
// tokens, and across reloads.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { bodyOf, openStream, send, startRequest } from './lib/client.mjs';
import { kYearly } from './lib/cron.mjs';
import { assertAnsweredBy } from './lib/expect.mjs';
import { Gateway } from './lib/gateway.mjs';
import { atOnce, Dice, fateOf, Gate, numberedBody, numberOf, saysByNumber } from './lib/load.mjs';
import { entryOf, kKey, scenarios } from './lib/scenario.mjs';
import { chunk, closes, cut, hang, hold, says, sse, status, Upstream } from './lib/upstream.mjs';
import { eventually, signal } from './lib/wait.mjs';

const kClients = 200;
const limitOf = (requests) => ({ requests_per_period: requests, period_cron: kYearly });
const tokenLimitOf = (tokens) => ({ tokens_per_period: tokens, period_cron: kYearly });

// How many of the replies each provider gave.
function tallyOf(replies) {
  const tally = {};
  for (const reply of replies) {
    assert.equal(reply.status, 200, reply.text);
    const name = reply.headers['x-gateway-provider'];
    tally[name] = (tally[name] ?? 0) + 1;
  }
  return tally;
}

// A model's figures, as soon as nothing of it is in flight any more.
function settled(statsOf) {
  return eventually(async () => {
    const stats = await statsOf();
    const free = Object.values(stats).every((one) => one.reserved_requests === 0 && one.reserved_tokens === 0);
    return free && stats;
  }, 'everything reserved to be settled or given back');
}

// ---- requests -----------------------------------------------------------------------------------------

const kGates = { route: new Gate(kClients), tokens: new Gate(kClients), cautious: new Gate(kClients) };

scenarios('200 clients at once', { concurrency: 1 }, (scenario) => {
  scenario('a limit of 100 answers exactly 100, and the 101st goes on', {
    providers: { a: { serve: kGates.route.before(says('a')), rate_limit: limitOf(100) },
      b: { serve: kGates.route.before(says('b')) } },
  }, async ({ chat, stats }) => {
    const replies = atOnce(kClients, (at) => chat({ stream: at % 2 === 0 }));
    await Promise.race([kGates.route.full(), replies]);
    const { a } = await stats();
    assert.deepEqual([a.requests, a.reserved_requests], [0, 100], 'all places are taken before anybody is answered');
    kGates.route.open();
    assert.deepEqual(tallyOf(await replies), { a: 100, b: 100 });
    assertAnsweredBy(await chat(), 'b', 1);
    assert.equal((await settled(stats)).a.requests, 100);
  });

  // The promise: nobody starts once used and reserved have reached the limit. Each uses at most what was reserved for
  // it, so only the last one to start can go beyond, by less than its own size.
  scenario('a limit of tokens is exceeded by less than one answer', {
    providers: {
      a: { serve: kGates.tokens.before(answersInFull), rate_limit: tokenLimitOf(5000) },
      b: { serve: kGates.tokens.before(answersInFull) },
    },
  }, async ({ chat, stats }) => {
    const members = (at) => ({ max_tokens: 1 + (at * 37) % 100, stream: at % 2 === 0 });
    const replies = atOnce(kClients, (at) => chat(members(at)));
    await Promise.race([kGates.tokens.full(), replies]);
    const { a } = await stats();
    assert.ok(a.reserved_tokens >= 5000, `${a.reserved_tokens} reserved`);
    kGates.tokens.open();
    await replies;
    // What was reserved and not used is there for others.
    const others = await atOnce(kClients, (at) => chat(members(at)));
    tallyOf([...await replies, ...others]);
    while ((await chat({ max_tokens: 100 })).headers['x-gateway-provider'] === 'a');
    const { tokens } = (await settled(stats)).a;
    assert.ok(tokens >= 5000 && tokens < 5000 + kPromptTokens + 100, `${tokens} of 5000 tokens`);
  });

  scenario('max_tokens holds tokens back while the answer may still use them', {
    providers: {
      a: { serve: kGates.cautious.before(says('short')), rate_limit: tokenLimitOf(5000) },
      b: { serve: kGates.cautious.before(says('b')) },
    },
  }, async ({ chat, stats, a }) => {
    const replies = atOnce(kClients, () => chat({ max_tokens: 1000 }));
    await Promise.race([kGates.cautious.full(), replies]);
    assert.equal(a.requests.length, 5, '1000 and a short prompt each');
    kGates.cautious.open();
    assert.deepEqual(tallyOf(await replies), { a: 5, b: kClients - 5 });
    assert.equal((await settled(stats)).a.tokens, 5 * 12);
    assertAnsweredBy(await chat({ max_tokens: 1000 }), 'a', 1);
  });
});

// An answer that uses all that it may, and a prompt that is shorter than its estimate.
const kPromptTokens = 5;

function answersInFull(exchange) {
  const completion = exchange.record.json.max_tokens;
  return says('as long as allowed', { usage: { prompt_tokens: kPromptTokens, completion_tokens: completion,
    total_tokens: kPromptTokens + completion } })(exchange);
}

test('without max_tokens the average of earlier answers is held back', async () => {
  const gate = new Gate(kClients);
  const usage = { prompt_tokens: 20, completion_tokens: 500, total_tokens: 520 };
  const limited = await Upstream.start([...Array(50).fill(says('a', { usage })), gate.before(says('a', { usage }))]);
  const spare = await Upstream.start(gate.before(says('b')));
  const limit = (50 + 40) * 520;
  const gateway = await Gateway.start({ model: { providers: [
    entryOf('a', { serve: [], priority: 1, rate_limit: tokenLimitOf(limit) }, limited),
    entryOf('b', { serve: [], priority: 2 }, spare)] } });
  for (let round = 0; round < 50; ++round) assertAnsweredBy(await gateway.chat('model'), 'a', 1);
  const replies = atOnce(kClients, () => gateway.chat('model'));
  await Promise.race([gate.full(), replies]);
  gate.open();
  const { a } = tallyOf(await replies);
  // 40 would be exact; the prompt is an estimate, too.
  assert.ok(a >= 36 && a <= 44, `${a} at once where 40 have room`);
  const stats = await settled(async () => (await gateway.stats()).model);
  assert.equal(stats.a.tokens, (50 + a) * 520);
  assert.equal(await gateway.stop(), 0);
  await Promise.all([limited.stop(), spare.stop()]);
});

// ---- accounts -----------------------------------------------------------------------------------------

// Two models of one account; `own` is the limit of the first one's entry.
async function accountHouse({ account, own }) {
  const gate = new Gate(kClients);
  const upstream = await Upstream.start(gate.before(says('account')));
  const spare = await Upstream.start(gate.before(says('spare')));
  const routeOf = (members) => ({ providers: [{ name: 'p', use: 'account', model: 'm', priority: 1, retry: 0,
    ...members }, entryOf('q', { serve: [], priority: 2 }, spare)] });
  const gateway = await Gateway.start({
    _providers: { account: { endpoint: upstream.url, api_key: kKey, rate_limit: limitOf(account) } },
    one: routeOf(own ? { rate_limit: limitOf(own) } : {}),
    two: routeOf({}),
  });
  const stop = async () => {
    assert.equal(await gateway.stop(), 0);
    await Promise.all([upstream.stop(), spare.stop()]);
  };
  return { gate, gateway, stop };
}

async function figuresOf(gateway) {
  const { one, two } = await gateway.stats();
  return { one: one.p, two: two.p, account: one.p.account };
}

test('an account\'s limit is exact for 200 clients of two models at once', async () => {
  const { gate, gateway, stop } = await accountHouse({ account: 100 });
  const replies = atOnce(kClients, (at) => gateway.chat(at % 2 ? 'one' : 'two', { stream: at % 3 === 0 }));
  await Promise.race([gate.full(), replies]);
  gate.open();
  assert.deepEqual(tallyOf(await replies), { p: 100, q: 100 });
  for (const model of ['one', 'two']) assertAnsweredBy(await gateway.chat(model), 'q', 1);
  const { one, two, account } = await settled(() => figuresOf(gateway));
  assert.equal(one.requests + two.requests, 100);
  assert.equal(account.requests, 100);
  await stop();
});

test('an entry\'s limit and its account\'s hold both, and neither keeps what the other refuses', async () => {
  const { gate, gateway, stop } = await accountHouse({ account: 100, own: 30 });
  const first = atOnce(kClients, () => gateway.chat('one'));
  await Promise.race([gate.full(), first]);
  gate.open();
  assert.deepEqual(tallyOf(await first), { p: 30, q: 170 });
  // Who was refused by the entry has taken nothing of the account: 70 are left.
  assert.deepEqual(tallyOf(await atOnce(kClients, () => gateway.chat('two'))), { p: 70, q: 130 });
  const { one, two, account } = await settled(() => figuresOf(gateway));
  assert.deepEqual([one.requests, two.requests, account.requests], [30, 70, 100]);
  await stop();
});

// ---- failures -----------------------------------------------------------------------------------------

// What the limited provider does with a request, drawn by its number.
const kFates = [
  [45, 'answers'], [55, 'fails'], [62, 'closes'], [68, 'refuses'], [78, 'cuts'],  // up to here in every hundred
  [88, 'keeps silent'], [100, 'stops after a token'],
];
const kindOf = (n) => kFates.find(([below]) => fateOf(n) < below)[1];
const streams = (n) => ['cuts', 'stops after a token'].includes(kindOf(n)) || fateOf(n, 1) < 40;
const kFirstToken = chunk({ content: 'first' });

const kLines = {
  'answers': saysByNumber,
  'fails': status(503),
  'closes': closes,
  'refuses': status(400),
  'cuts': sse(kFirstToken, cut),
  'keeps silent': hang,
  'stops after a token': sse(kFirstToken, hold),
};

// One client's request from beginning to end; gives `{ by, counts }`: who answered, and whether that counts.
async function live(port, n, arrivals) {
  const options = { method: 'POST', path: '/v1/chat/completions',
    body: numberedBody('model', n, { stream: streams(n) }) };
  if (kindOf(n) === 'keeps silent') return leaveWhenItArrives(port, n, options, arrivals);
  if (kindOf(n) === 'stops after a token') return leaveAfterAToken(port, options);
  const reply = await send(port, options);
  const by = reply.headers['x-gateway-provider'];
  assert.equal(reply.status, by === 'a' && kindOf(n) === 'refuses' ? 400 : 200, reply.text);
  return { by, counts: reply.status === 200 };
}

async function leaveWhenItArrives(port, n, options, arrivals) {
  const arrived = signal();
  arrivals.set(n, arrived);
  const { answered, abort } = startRequest(port, options);
  const response = await Promise.race([answered, arrived.promise]);
  if (response === undefined) {
    abort();
    return { by: 'a', counts: false };
  }
  await bodyOf(response);
  return { by: response.headers['x-gateway-provider'], counts: true };
}

async function leaveAfterAToken(port, options) {
  const answer = await openStream(port, options);
  assert.equal(answer.status, 200);
  const by = answer.headers['x-gateway-provider'];
  await answer.nextEvent();
  if (by === 'a') answer.abort();
  else await answer.rest();
  return { by, counts: true };
}

test('whatever fails or leaves, exactly the limit is answered, and nothing stays reserved', async () => {
  const arrivals = new Map();
  const limited = await Upstream.start((exchange) => {
    const n = numberOf(exchange.record);
    arrivals.get(n)?.resolve();
    return kLines[kindOf(n)](exchange);
  });
  const spare = await Upstream.start(saysByNumber);
  const gateway = await Gateway.start({ model: { providers: [
    entryOf('a', { serve: [], priority: 1, rate_limit: limitOf(100) }, limited),
    entryOf('b', { serve: [], priority: 2 }, spare)] } }, { env: { LOG_LEVEL: 'INFO' } });
  const figures = () => settled(async () => (await gateway.stats()).model);

  // Many of those at the limited provider give their place back.
  const ended = await atOnce(kClients, (at) => live(gateway.port, at + 1, arrivals));
  const countedBy = (name) => ended.filter(({ by, counts }) => by === name && counts).length;
  let { a, b } = await figures();
  assert.ok(a.requests <= 100, `${a.requests} of 100`);
  assert.deepEqual([a.requests, b.requests], [countedBy('a'), countedBy('b')]);

  // In three turns for each client the rest goes, and no more than that.
  let n = kClients;
  await atOnce(kClients, async () => {
    for (let turn = 0; turn < 3; ++turn) ended.push(await live(gateway.port, ++n, arrivals));
  });
  ({ a, b } = await figures());
  assert.deepEqual([a.requests, b.requests], [countedBy('a'), countedBy('b')]);
  assert.equal(a.requests, 100);
  assertAnsweredBy(await gateway.post('/v1/chat/completions', numberedBody('model', ++n)), 'b', 1);
  assert.equal(await gateway.stop(), 0);
  await Promise.all([limited.stop(), spare.stop()]);
});

// ---- reloads ------------------------------------------------------------------------------------------

test('a limit is exact while the configuration is reloaded again and again, and when it is raised', async () => {
  const upstreams = await Promise.all([Upstream.start(saysByNumber), Upstream.start(saysByNumber)]);
  const configOf = (limit, weight) => ({ model: { providers: [
    entryOf('a', { serve: [], priority: 1, weight, rate_limit: limitOf(limit) }, upstreams[0]),
    entryOf('b', { serve: [], priority: 2, weight }, upstreams[1])] } });
  const gateway = await Gateway.start(configOf(300, 1), { env: { LOG_LEVEL: 'INFO' } });
  const ask = (n) => gateway.post('/v1/chat/completions', numberedBody('model', n, { stream: n % 2 === 0 }));
  const dice = new Dice(1);

  const answers = [];
  for (const limit of [300, 400]) {
    let loading = true;
    let n = limit * 1000;
    const load = atOnce(kClients, async () => {
      for (let turn = 0; turn < 3; ++turn) answers.push(await ask(++n));
    }).finally(() => { loading = false; });
    for (let weight = 1; loading; ++weight) {
      const reply = await gateway.reload(configOf(limit, 1 + weight % dice.between(2, 9)));
      assert.equal(reply.status, 200, reply.text);
    }
    await load;
    assert.equal(tallyOf(answers).a, limit);
    assert.equal((await settled(async () => (await gateway.stats()).model)).a.requests, limit);
  }
  assert.equal((await gateway.reload(configOf(100, 1))).status, 200);
  assertAnsweredBy(await ask(1), 'b', 1);
  assert.equal((await gateway.stats()).model.a.requests, 400, 'a lower limit takes nothing away');
  assert.equal(await gateway.stop(), 0);
  await Promise.all(upstreams.map((upstream) => upstream.stop()));
});
