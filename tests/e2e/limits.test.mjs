// Limits of a minute and of requests at once: exact for keys, owners, providers, accounts and the gateway; what clients
// are told; and who waits where there is a queue.
//
// A minute that slides can't be waited for here: that there is room again is for the unit tests to see.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { openStream } from './lib/client.mjs';
import { kClients } from './lib/dialects.mjs';
import { assertAnsweredBy, assertBrokenOff, assertError, assertRetryAfter, assertWhole } from './lib/expect.mjs';
import { chatBody, Gateway } from './lib/gateway.mjs';
import { Gate, numberedBody, numberOf, race } from './lib/load.mjs';
import { by, kAdmin, kAdminKey, keysOf, keyState, nothingHeld } from './lib/money.mjs';
import { entryOf, kKey, scenarios } from './lib/scenario.mjs';
import { afterRelease, chunk, hold, json, kDone, says, sse, status, Upstream } from './lib/upstream.mjs';
import { eventually } from './lib/wait.mjs';

const perMinute = (requests) => ({ requests_per_minute: requests });

// How many of the replies each provider gave, and how many were refused.
function tallyOf(replies) {
  const tally = {};
  for (const reply of replies) {
    assert.ok([200, 429].includes(reply.status), reply.text);
    if (reply.status === 429) assertRetryAfter(reply);
    const name = reply.status === 200 ? reply.headers['x-gateway-provider'] : 'refused';
    tally[name] = (tally[name] ?? 0) + 1;
  }
  return tally;
}

const raceOf200 = async (gate, ask, refused) => tallyOf(await race(gate, 200, ask, refused));

// ---- exact --------------------------------------------------------------------------------------------

scenarios('200 clients at once', { concurrency: 1, global: { admin_key: kAdminKey }, config: {
  _keys: keysOf({
    free: {}, requests: { limits: perMinute(100) }, tokens: { limits: { tokens_per_minute: 5000 } },
    parallel: { limits: { max_concurrent: 30 } }, laptop: { owner: 'ada' }, phone: { owner: 'ada' },
  }),
  _owners: { ada: { limits: perMinute(100) } },
} }, (scenario) => {
  const streams = (at) => ({ stream: at % 2 === 0 });
  const requests = new Gate(100);
  scenario('a key of 100 requests a minute gets 100 answers', {
    providers: { a: { serve: requests.before(says('a')) } },
  }, async ({ chat, gateway, a }) => {
    const ask = (at) => chat(streams(at), by('requests'));
    assert.deepEqual(await raceOf200(requests, ask), { a: 100, refused: 100 });
    assertError(await ask(), 429);
    assert.equal(a.requests.length, 100);
    assert.equal((await keyState(gateway, 'requests')).rates.requests_per_minute.remaining, 0);
  });

  const owner = new Gate(100);
  scenario('an owner\'s 100 requests a minute are those of two keys together', {
    providers: { a: { serve: owner.before(says('a')) } },
  }, async ({ chat, a }) => {
    const ask = (at) => chat(streams(at), by(at % 3 ? 'laptop' : 'phone'));
    assert.deepEqual(await raceOf200(owner, ask), { a: 100, refused: 100 });
    for (const key of ['laptop', 'phone']) {
      assert.match(assertError(await chat({}, by(key)), 429).message, /owner ada is reached: 100 requests per minute/);
    }
    assert.equal(a.requests.length, 100);
  });

  // 1000 and a short prompt are held for each; the fifth reaches the limit, and is let in.
  const tokens = new Gate(5);
  scenario('a key\'s tokens a minute are held before they are used', {
    providers: { a: { serve: tokens.before(says('short')) } },
  }, async ({ chat, gateway, a }) => {
    const ask = () => chat({ max_tokens: 1000 }, by('tokens'));
    assert.deepEqual(await raceOf200(tokens, ask, 195), { a: 5, refused: 195 });
    assert.equal(a.requests.length, 5);
    await nothingHeld(gateway);
    assert.equal((await keyState(gateway, 'tokens')).rates.tokens_per_minute.remaining, 5000 - 5 * 12);
    assert.equal((await chat({ max_tokens: 1000 }, by('tokens'))).status, 200);
  });

  let parallel;
  scenario('of a key with 30 requests at once 30 are in flight, again and again', {
    providers: { a: { serve: (exchange) => parallel.before(says('a'))(exchange) } },
  }, async ({ chat, a }) => {
    for (let round = 1; round <= 3; ++round) {
      parallel = new Gate(30);
      assert.deepEqual(await raceOf200(parallel, (at) => chat(streams(at), by('parallel')), 170),
        { a: 30, refused: 170 });
      assert.equal(a.requests.length, 30 * round);
    }
  });

  const entry = new Gate(200);
  scenario('a provider with 100 requests a minute answers 100, and the next one the others', {
    providers: { a: { serve: entry.before(says('a')), limits: perMinute(100) },
      b: { serve: entry.before(says('b')) } },
  }, async ({ chat, provider }) => {
    assert.deepEqual(await raceOf200(entry, (at) => chat(streams(at), by('free'))), { a: 100, b: 100 });
    assertAnsweredBy(await chat({}, by('free')), 'b', 1);
    const { available, reason, rates } = await provider('a');
    assert.deepEqual([available, rates.requests_per_minute.remaining], [false, 0]);
    assert.match(reason, /its limit is reached: 100 requests per minute/);
  });

  let busy;
  scenario('a provider with room for 30 at once has 30, again and again', {
    providers: { a: { serve: (exchange) => busy.before(says('a'))(exchange), limits: { max_concurrent: 30 } },
      b: { serve: (exchange) => busy.before(says('b'))(exchange) } },
  }, async ({ chat }) => {
    for (let round = 1; round <= 3; ++round) {
      busy = new Gate(200);
      assert.deepEqual(await raceOf200(busy, (at) => chat(streams(at), by('free'))), { a: 30, b: 170 });
    }
  });

  const cautious = new Gate(200);
  scenario('a provider\'s tokens a minute are held before they are used', {
    providers: { a: { serve: cautious.before(says('a')), limits: { tokens_per_minute: 5000 } },
      b: { serve: cautious.before(says('b')) } },
  }, async ({ chat }) => {
    assert.deepEqual(await raceOf200(cautious, () => chat({ max_tokens: 1000 }, by('free'))), { a: 5, b: 195 });
    assertAnsweredBy(await chat({}, by('free')), 'a', 1);
  });

  scenario('nothing of all that is held for ever', { providers: { a: { serve: says('a') } } }, async ({ gateway }) => {
    await nothingHeld(gateway);
  });
});

test('an account\'s 100 requests a minute are those of two models together', async () => {
  const gate = new Gate(200);
  const [upstream, spare] = await Promise.all(['p', 'q'].map((name) => Upstream.start(gate.before(says(name)))));
  const route = { providers: [{ name: 'p', use: 'account', model: 'm', priority: 1, retry: 0 },
    entryOf('q', { serve: [], priority: 2 }, spare)] };
  const gateway = await Gateway.start({
    _providers: { account: { endpoint: upstream.url, api_key: kKey, limits: perMinute(100) } },
    one: route, two: route });
  assert.deepEqual(await raceOf200(gate, (at) => gateway.chat(at % 2 ? 'one' : 'two')), { p: 100, q: 100 });
  for (const model of ['one', 'two']) {
    assertAnsweredBy(await gateway.chat(model), 'q', 1);
    assert.match((await gateway.providers(model))[0].reason, /account.* is reached: 100 requests per minute/);
  }
  assert.equal(await gateway.stop(), 0);
  await Promise.all([upstream.stop(), spare.stop()]);
});

test('the whole gateway\'s limit is one for all keys, and for those who need none', async () => {
  const gate = new Gate(100);
  const upstream = await Upstream.start(gate.before(says('a')));
  const route = { providers: [entryOf('a', { serve: [] }, upstream)] };
  for (const keys of [{}, keysOf({ one: {}, two: { owner: 'ada' } })]) {
    const gateway = await Gateway.start({ _global: { admin_key: kAdminKey, limits: perMinute(100) }, _keys: keys,
      model: route });
    const before = upstream.requests.length;
    const named = Object.keys(keys);
    const ask = (at) => gateway.chat('model', {}, named.length > 0 ? by(named[at % 2]) : {});
    assert.deepEqual(await raceOf200(gate, ask), { a: 100, refused: 100 });
    assert.match(assertError(await ask(0), 429).message, /limit of the gateway is reached: 100 requests per minute/);
    assert.equal(upstream.requests.length - before, 100);
    await nothingHeld(gateway);
    assert.equal(await gateway.stop(), 0);
  }
  await upstream.stop();
});

// ---- what clients are told ------------------------------------------------------------------------------

const kDuration = /^(\d+m)?\d+(\.\d+)?s$|^\d+ms$/;
const kInstant = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;

// The limits that an answer tells of, as OpenAI's clients read them.
function openaiLimits({ headers }) {
  const read = (kind) => {
    const [limit, left, reset] = ['limit', 'remaining', 'reset'].map((what) => headers[`x-ratelimit-${what}-${kind}`]);
    if (limit !== undefined) assert.match(reset, kDuration);
    return limit && [Number(limit), Number(left)];
  };
  assert.ok(!Object.keys(headers).some((name) => name.startsWith('anthropic-')), 'not in the other dialect');
  return { requests: read('requests'), tokens: read('tokens') };
}

// The same as Anthropic's clients do.
function anthropicLimits({ headers }) {
  const read = (kind) => {
    const [limit, left, reset] = ['limit', 'remaining', 'reset']
      .map((what) => headers[`anthropic-ratelimit-${kind}-${what}`]);
    if (limit !== undefined) assert.match(reset, kInstant);
    return limit && [Number(limit), Number(left)];
  };
  assert.ok(!Object.keys(headers).some((name) => name.startsWith('x-ratelimit-')), 'not in the other dialect');
  return { requests: read('requests'), tokens: read('tokens') };
}

const kHi = { providers: { a: { serve: says('hi') } } };
const { path: kMessages, body: kMessage } = kClients.messages;

scenarios('limits that clients see', { global: { admin_key: kAdminKey }, config: {
  _keys: keysOf({
    openai: { limits: { requests_per_minute: 3, tokens_per_minute: 1000 } }, streaming: { limits: perMinute(2) },
    anthropic: { limits: perMinute(2) }, 'anthropic-stream': { limits: perMinute(2) },
    'few-tokens': { limits: { tokens_per_minute: 10 } },
    mine: { owner: 'eve', limits: perMinute(10) }, unlimited: {}, alone: { limits: { max_concurrent: 1 } },
    failing: { limits: perMinute(3) }, unlucky: { limits: perMinute(3) },
  }),
  _owners: { eve: { limits: perMinute(4) } },
} }, (scenario) => {
  scenario('count down from answer to answer, and are there on the refusal', kHi, async ({ chat }) => {
    for (const left of [2, 1, 0]) {
      const reply = await chat({ max_tokens: 50 }, by('openai'));
      assertAnsweredBy(reply, 'a', 1);
      const { requests, tokens: [limit, leftTokens] } = openaiLimits(reply);
      assert.deepEqual([requests, limit], [[3, left], 1000]);
      assert.ok(leftTokens < 1000 - 12 * (2 - left) && leftTokens > 800, `${leftTokens} tokens left`);
    }
    const refused = await chat({}, by('openai'));
    const error = assertError(refused, 429);
    assert.deepEqual([error.type, error.code], ['rate_limit_error', 'rate_limit_exceeded']);
    const seconds = assertRetryAfter(refused);
    assert.ok(seconds <= 61, `${seconds} s`);
    assert.match(error.message, /^The limit of key openai is reached: 3 requests per minute\. Try again in \d+ s\.$/);
    assert.deepEqual(openaiLimits(refused), { requests: [3, 0], tokens: [1000, 1000 - 3 * 12] });
    assert.equal(refused.headers['x-should-retry'], undefined, 'waiting makes sense');
    assert.equal(refused.headers['x-gateway-attempts'], '0');
  });

  scenario('are in the head of a stream', kHi, async ({ chat, stream }) => {
    for (const left of [1, 0]) {
      const answer = await stream({}, by('streaming'));
      assert.deepEqual(openaiLimits(answer), { requests: [2, left], tokens: undefined });
      assertWhole(await answer.rest());
    }
    const refused = await chat({ stream: true }, by('streaming'));
    assertError(refused, 429);
    assert.deepEqual(openaiLimits(refused).requests, [2, 0]);
  });

  scenario('have Anthropic\'s names for its clients', kHi, async ({ post }) => {
    for (const left of [1, 0]) {
      const reply = await post(kMessages, kMessage, by('anthropic'));
      assert.equal(reply.status, 200, reply.text);
      assert.deepEqual(anthropicLimits(reply), { requests: [2, left], tokens: undefined });
    }
    const refused = await post(kMessages, kMessage, by('anthropic'));
    assert.equal(refused.status, 429);
    assertRetryAfter(refused);
    assert.deepEqual([refused.json.type, refused.json.error.type], ['error', 'rate_limit_error']);
    assert.match(refused.json.error.message, /The limit of key anthropic is reached: 2 requests per minute/);
    assert.deepEqual(anthropicLimits(refused).requests, [2, 0]);
  });

  scenario('have them in the head of its streams, too', kHi, async ({ gateway, model }) => {
    const answer = await openStream(gateway.port, { method: 'POST', path: kMessages,
      body: { model, stream: true, ...kMessage }, headers: by('anthropic-stream') });
    assert.deepEqual(anthropicLimits(answer).requests, [2, 1]);
    assert.equal((await answer.rest()).at(-1).json.type, 'message_stop');
  });

  scenario('of tokens: who reaches it is let finish, the next one is not', kHi, async ({ chat }) => {
    assertAnsweredBy(await chat({}, by('few-tokens')), 'a', 1);
    const refused = await chat({}, by('few-tokens'));
    assert.match(assertError(refused, 429).message, /key few-tokens is reached: 10 tokens per minute/);
    assert.deepEqual(openaiLimits(refused), { requests: undefined, tokens: [10, 0] });
    assertRetryAfter(refused);
  });

  scenario('are those of the key or the owner, whichever has less left', kHi, async ({ chat }) => {
    assert.deepEqual(openaiLimits(await chat({}, by('mine'))).requests, [4, 3]);
  });

  scenario('are not there without a limit, nor for a provider\'s own', {
    providers: { a: { serve: says('hi'), limits: perMinute(5) } },
  }, async ({ chat }) => {
    assert.deepEqual(openaiLimits(await chat({}, by('unlimited'))), { requests: undefined, tokens: undefined });
  });

  scenario('of requests at once: a stream has its place until its end', {
    providers: { a: { serve: [sse(chunk({ content: 'a' }), hold, chunk({}, { finish_reason: 'stop' }), kDone),
      says('next')] } },
  }, async ({ chat, stream, a }) => {
    const answer = await stream({}, by('alone'));
    await answer.nextEvent();
    const refused = await chat({}, by('alone'));
    assert.match(assertError(refused, 429).message, /key alone is reached: 1 request at once/);
    assert.equal(assertRetryAfter(refused), 1);
    a.release();
    assertWhole(await answer.rest());
    assertAnsweredBy(await chat({}, by('alone')), 'a', 1);
  });

  scenario('count what was sent to a provider, answered or not', { providers: { a: { serve: status(500) } } },
    async ({ chat }) => {
    for (const left of [2, 1, 0]) {
      const reply = await chat({}, by('failing'));
      assertError(reply, 502);
      assert.deepEqual(openaiLimits(reply).requests, [3, left]);
    }
    assertError(await chat({}, by('failing')), 429);
  });

  scenario('do not count what never got to a provider', {
    providers: { a: { serve: says('hi'), limits: perMinute(1) } },
  }, async ({ chat, gateway }) => {
    assertError(await gateway.chat('nobody', {}, by('unlucky')), 404);
    assertError(await gateway.post('/v1/chat/completions', '{', by('unlucky')), 400);
    assert.deepEqual(openaiLimits(await chat({}, by('unlucky'))).requests, [3, 2]);
    assertError(await chat({}, by('unlucky')), 429);  // the provider is at its limit
    assert.equal((await keyState(gateway, 'unlucky')).rates.requests_per_minute.remaining, 2);
  });
});

// ---- providers at their limits --------------------------------------------------------------------------

scenarios('a provider at its limit', {}, (scenario) => {
  scenario('is skipped, which is no failure', {
    providers: { a: { serve: says('a'), limits: perMinute(2) }, b: { serve: says('b') } },
  }, async ({ chat, stream, stats }) => {
    for (const name of ['a', 'a', 'b']) assertAnsweredBy(await chat(), name, 1);
    assert.equal((await stream()).headers['x-gateway-provider'], 'b');
    const { a } = await stats();
    assert.deepEqual([a.requests, a.errors], [2, 0]);
  });

  scenario('is named with all others when nobody is left, and when to come again', {
    providers: { a: { serve: says('a'), limits: perMinute(1) }, b: { serve: says('b'), limits: perMinute(1) } },
  }, async ({ chat, post }) => {
    for (const name of ['a', 'b']) assertAnsweredBy(await chat(), name, 1);
    const refused = await chat();
    const { message, type } = assertError(refused, 429);
    for (const name of ['a', 'b']) assert.ok(message.includes(`${name}: its limit is reached: 1 request per minute`));
    assert.equal(type, 'rate_limit_error');
    assert.ok(assertRetryAfter(refused) <= 61);
    const { status: code, headers, json: { error } } = await post(kMessages, kMessage);
    assert.deepEqual([code, error.type], [429, 'rate_limit_error']);
    assert.match(headers['retry-after'], /^\d+$/);
  });

  scenario('is not tried again either', {
    providers: { a: { serve: status(503), retry: 5, limits: perMinute(3) }, b: { serve: says('b') } },
  }, async ({ chat, a }) => {
    assertAnsweredBy(await chat(), 'b', 4);
    assert.equal(a.requests.length, 3, 'tries count');
    assertAnsweredBy(await chat(), 'b', 1);
  });

  for (const [what, code] of [['that failed', 503], ['that it refused', 400]]) {
    scenario(`has reached it with requests ${what}, too`, {
      providers: { a: { serve: status(code), limits: perMinute(1) }, b: { serve: says('b') } },
    }, async ({ chat, a }) => {
      await chat();
      assertAnsweredBy(await chat(), 'b', 1);
      assert.equal(a.requests.length, 1);
    });
  }

  scenario('is there again for who comes after a client that left', {
    providers: { a: { serve: [sse(chunk({ content: 'a' }), hold), says('a')], limits: { max_concurrent: 1 } },
      b: { serve: says('b') } },
  }, async ({ chat, stream, provider, a }) => {
    const answer = await stream();
    await answer.nextEvent();
    assertAnsweredBy(await chat(), 'b', 1);
    answer.abort();
    await a.requests[0].aborted();
    await eventually(async () => (await provider('a')).available, 'room at a');
    assertAnsweredBy(await chat(), 'a', 1);
  });

  scenario('has the limit of both, its own and its account\'s', {
    providers: { a: { serve: says('a'), limits: { requests_per_minute: 5, max_concurrent: 1, tokens_per_minute: 30 } },
      b: { serve: says('b') } },
  }, async ({ chat, provider }) => {
    for (const name of ['a', 'a', 'a', 'b']) assertAnsweredBy(await chat(), name, 1);
    assert.match((await provider('a')).reason, /its limit is reached: 30 tokens per minute/);
  });
});

// ---- queues -------------------------------------------------------------------------------------------------

const kOneAtOnce = { max_concurrent: 1, queue: true };
const kShort = { ...kOneAtOnce, queue_timeout: 0.05 };

// A stream of request `n` that stands in a line. Its comments say so, since no provider has it.
async function waitsInLine(gateway, model, n, headers = {}) {
  const answer = await openStream(gateway.port, { method: 'POST', path: '/v1/chat/completions', headers,
    body: numberedBody(model, n, { stream: true }) });
  assert.ok((await answer.next()).comment !== undefined, 'nothing but a comment yet');
  return answer;
}

const ask = (gateway, model, n, headers) => gateway.post('/v1/chat/completions', numberedBody(model, n), headers);

scenarios('a queue', { global: { admin_key: kAdminKey, stream_keepalive: 0.02 }, concurrency: 4, config: {
  _keys: keysOf({
    patient: { limits: kOneAtOnce }, hasty: { limits: kShort },
    streaming: { limits: { ...kOneAtOnce, queue_timeout: 0.5 } },  // long enough for a comment
    minute: { limits: { requests_per_minute: 1, queue: true, queue_timeout: 0.05 } },
    leaving: { limits: { ...kOneAtOnce, requests_per_minute: 3 } }, many: {}, few: {},
    'of-two': { owner: 'zoe' }, 'of-two-as-well': { owner: 'zoe' },
  }),
  _owners: { zoe: { limits: kOneAtOnce } },
} }, (scenario) => {
  const held = { providers: { a: { serve: afterRelease(says('a')) } } };

  scenario('holds a request until a place is free', held, async ({ gateway, model, a }) => {
    const first = ask(gateway, model, 1, by('patient'));
    await a.request();
    const second = await waitsInLine(gateway, model, 2, by('patient'));
    assert.equal(a.requests.length, 1);
    a.release();
    assertAnsweredBy(await first, 'a', 1);
    await a.request(2);
    a.release();
    assertWhole(await second.rest());
  });

  scenario('is left with 429 after queue_timeout', held, async ({ gateway, model, a }) => {
    const first = ask(gateway, model, 1, by('hasty'));
    await a.request();
    const refused = await ask(gateway, model, 2, by('hasty'));
    assert.match(assertError(refused, 429).message, /key hasty is reached: 1 request at once/);
    assertRetryAfter(refused);
    a.release();
    assertAnsweredBy(await first, 'a', 1);
    a.release();
    assertAnsweredBy(await ask(gateway, model, 3, by('hasty')), 'a', 1);
  });

  scenario('is left by a stream that has begun with an error event', held, async ({ gateway, model, a }) => {
    const first = ask(gateway, model, 1, by('streaming'));
    await a.request();
    const second = await waitsInLine(gateway, model, 2, by('streaming'));
    assert.match(assertBrokenOff(await second.rest()).message, /key streaming is reached/);
    a.release();
    await first;
  });

  scenario('is there for limits of a minute, too', { providers: { a: { serve: says('a') } } },
    async ({ gateway, model }) => {
    assertAnsweredBy(await ask(gateway, model, 1, by('minute')), 'a', 1);
    const refused = await ask(gateway, model, 2, by('minute'));
    assert.match(assertError(refused, 429).message, /key minute is reached: 1 request per minute/);
    assertRetryAfter(refused);
  });

  scenario('of a provider is left for the next one', {
    providers: { a: { serve: afterRelease(says('a')), limits: kShort }, b: { serve: says('b') } },
  }, async ({ gateway, model, a, b }) => {
    const first = ask(gateway, model, 1, by('many'));
    await a.request();
    assertAnsweredBy(await ask(gateway, model, 2, by('many')), 'b', 1);
    a.release();
    assertAnsweredBy(await first, 'a', 1);
    assert.deepEqual([a, b].map(({ requests }) => requests.length), [1, 1]);
  });

  scenario('of a provider is not stood in while an equal one has room', {
    providers: { a: { serve: afterRelease(says('a')), limits: kOneAtOnce, priority: 1, weight: 1000 },
      b: { serve: says('b'), priority: 1, weight: 1 } },
  }, async ({ gateway, model, a }) => {
    const first = ask(gateway, model, 1, by('many'));
    await a.request();
    assertAnsweredBy(await ask(gateway, model, 2, by('many')), 'b', 1);
    a.release();
    assertAnsweredBy(await first, 'a', 1);
  });

  scenario('of a provider leads to it, not to the next one', {
    providers: { a: { serve: afterRelease(says('a')), limits: kOneAtOnce }, b: { serve: says('b') } },
  }, async ({ gateway, model, a, b }) => {
    const first = ask(gateway, model, 1, by('many'));
    await a.request();
    const second = await waitsInLine(gateway, model, 2, by('few'));
    assert.equal(a.requests.length, 1);
    a.release();
    a.release();
    assertAnsweredBy(await first, 'a', 1);
    assertWhole(await second.rest());
    assert.deepEqual([a, b].map(({ requests }) => requests.length), [2, 0]);
  });

  scenario('of a provider whose last one is gone with 429', {
    providers: { a: { serve: afterRelease(says('a')), limits: kShort } },
  }, async ({ gateway, model, a }) => {
    const first = ask(gateway, model, 1, by('many'));
    await a.request();
    const refused = await ask(gateway, model, 2, by('many'));
    assert.match(assertError(refused, 429).message, /a: its limit is reached: 1 request at once/);
    assertRetryAfter(refused);
    a.release();
    await first;
  });

  // The keys whose line it is: at a provider, and at an owner.
  const kLines = { 'a provider': { keys: ['many', 'few'], limits: kOneAtOnce },
    'an owner': { keys: ['of-two', 'of-two-as-well'] } };
  for (const [whose, { keys: [many, few], limits }] of Object.entries(kLines)) {
    scenario(`of ${whose} lets keys take turns, however many wait with each`, {
      providers: { a: { serve: afterRelease(says('a')), ...(limits && { limits }) } },
    }, async ({ gateway, model, a }) => {
      const first = ask(gateway, model, 0, by(many));
      await a.request();
      const waiting = [];
      for (let n = 1; n <= 10; ++n) waiting.push(await waitsInLine(gateway, model, n, by(many)));
      waiting.push(await waitsInLine(gateway, model, 11, by(few)));
      for (let n = 0; n <= 11; ++n) a.release();
      assertAnsweredBy(await first, 'a', 1);
      for (const answer of waiting) assertWhole(await answer.rest());
      assert.deepEqual(a.requests.map(numberOf), [0, 1, 11, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    });
  }

  scenario('can be left: it makes room and costs nothing', held, async ({ gateway, model, a }) => {
    const first = ask(gateway, model, 1, by('leaving'));
    await a.request();
    const left = await waitsInLine(gateway, model, 2, by('leaving'));
    const third = await waitsInLine(gateway, model, 3, by('leaving'));
    left.abort();
    await gateway.waitForLog(new RegExp(`Exchange [^\\n]*model=${model} [^\\n]*status=499`));
    a.release();
    assertAnsweredBy(await first, 'a', 1);
    await a.request(2);
    a.release();
    assertWhole(await third.rest());
    assert.deepEqual(a.requests.map(numberOf), [1, 3]);
    await eventually(async () => (await keyState(gateway, 'leaving')).usage.requests === 2, 'two to be counted');
    assert.equal((await keyState(gateway, 'leaving')).rates.requests_per_minute.remaining, 1);
  });
});

test('a reload that takes a limit away lets all go that wait for it', async () => {
  const upstream = await Upstream.start(afterRelease(says('a')));
  const configOf = (limits, atProvider) => ({
    _global: { admin_key: kAdminKey, stream_keepalive: 0.02 }, _keys: keysOf({ one: { limits } }),
    model: { providers: [entryOf('a', { serve: [], ...(atProvider && { limits: atProvider }) }, upstream)] } });
  let asked = 0;
  const gateway = await Gateway.start(configOf(kOneAtOnce));
  for (const limits of [[kOneAtOnce, undefined], [undefined, kOneAtOnce]]) {
    assert.equal((await gateway.reload(configOf(...limits), kAdmin)).status, 200);
    const first = ask(gateway, 'model', 1, by('one'));
    await upstream.request(asked + 1);
    const waiting = [];
    for (let n = 2; n <= 5; ++n) waiting.push(await waitsInLine(gateway, 'model', n, by('one')));
    assert.equal(upstream.requests.length, asked + 1);
    assert.equal((await gateway.reload(configOf(), kAdmin)).status, 200);
    await upstream.request(asked += 5);
    for (let n = 1; n <= 5; ++n) upstream.release();
    assertAnsweredBy(await first, 'a', 1);
    for (const answer of waiting) assertWhole(await answer.rest());
  }
  await nothingHeld(gateway);
  assert.equal(await gateway.stop(), 0);
  await upstream.stop();
});

test('who waits at the end of the gateway is told so, or served in time', async () => {
  const upstream = await Upstream.start(afterRelease(says('a')));
  const gateway = await Gateway.start({ _global: { admin_key: kAdminKey, stream_keepalive: 0.02, shutdown_grace: 20 },
    _keys: keysOf({ one: { limits: kOneAtOnce } }), model: { providers: [entryOf('a', { serve: [] }, upstream)] } });
  const first = ask(gateway, 'model', 1, by('one'));
  await upstream.request();
  const second = await waitsInLine(gateway, 'model', 2, by('one'));
  gateway.signal('SIGTERM');
  await gateway.waitForLog(/Draining/);
  upstream.release();
  upstream.release();
  assertAnsweredBy(await first, 'a', 1);
  assertWhole(await second.rest());
  assert.equal(await gateway.exited(), 0);
  await upstream.stop();
});

test('a count of tokens is a request, and one that its provider has no room for is estimated', async () => {
  const counter = await Upstream.start(json({ input_tokens: 7 }));
  const gateway = await Gateway.start({
    _global: { admin_key: kAdminKey },
    _keys: keysOf({ few: { limits: perMinute(3) }, free: { limits: { max_concurrent: 1 } } }),
    model: { providers: [entryOf('a', { serve: true, type: 'anthropic', limits: perMinute(2) }, counter)] },
  });
  const count = (name) => gateway.post('/v1/messages/count_tokens', { model: 'model', messages: chatBody('').messages },
    by(name));
  const answers = [];
  for (let n = 0; n < 3; ++n) answers.push(await count('few'));
  assert.deepEqual(answers.map(({ headers }) => headers['x-gateway-estimated']), [undefined, undefined, 'true']);
  assert.deepEqual(answers.slice(0, 2).map(({ json }) => json.input_tokens), [7, 7]);
  assert.equal((await count('few')).status, 429);
  for (let n = 0; n < 5; ++n) assert.equal((await count('free')).status, 200, 'one after the other');
  assert.equal(counter.requests.length, 2);
  await nothingHeld(gateway);
  assert.equal(await gateway.stop(), 0);
  await counter.stop();
});
