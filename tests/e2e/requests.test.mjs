// The story of a request: what /admin/requests tells of who was asked, why, when and with what result.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { kVendors } from '../clients/lib/vendors.mjs';
import { openStream, RawConnection } from './lib/client.mjs';
import { kYearly } from './lib/cron.mjs';
import { kAnswer } from './lib/dialects.mjs';
import { assertAnsweredBy, assertError } from './lib/expect.mjs';
import { Gateway } from './lib/gateway.mjs';
import { kMock } from './lib/keys.mjs';
import { by, kAdmin, kAdminKey, keysOf } from './lib/money.mjs';
import { kRefusedEndpoint, scenarios } from './lib/scenario.mjs';
import { assertSound, listed, newId, stepsOf, storyOf } from './lib/stories.mjs';
import { afterRelease, chunk, cut, hang, hold, json, kDone, says, sse, status } from './lib/upstream.mjs';

const kSummary = ['id', 'time', 'key', 'owner', 'client', 'path', 'model', 'route', 'provider', 'status', 'error',
  'stream', 'attempts', 'switches', 'first_token_ms', 'total_ms', 'overhead_ms', 'tokens_in', 'tokens_out',
  'cached_tokens', 'estimated', 'cost'];
const kWhole = [...kSummary, 'trace_id', 'strategy', 'dialect', 'bytes_in', 'bytes_out', 'dropped', 'steps', 'choices',
  'attempts_made', 'pauses', 'capture'];
const kKnown = ['arrived', 'authenticated', 'understood', 'routed', 'allowed'];

// `ask` with an id of its own; gives its story, which has to be sound, and its reply.
async function told(gateway, ask, headers) {
  const id = newId();
  const reply = await ask({ 'x-request-id': id });
  const story = await storyOf(gateway, id, headers);
  assertSound(story);
  assert.equal(story.id, id);
  return { story, reply };
}

const outcomes = ({ attempts_made: attempts }) => attempts.map(({ provider, outcome }) => `${provider} ${outcome}`);

scenarios('requests: what was tried', {}, (scenario) => {
  scenario('an answer at once has a short story', {
    model: 'plain', providers: { a: { serve: says('hi', { usage: { prompt_tokens: 7, completion_tokens: 5,
      total_tokens: 12, prompt_tokens_details: { cached_tokens: 3 } } }) } },
  }, async ({ gateway, chat, body, a }) => {
    const { story, reply } = await told(gateway, (headers) => chat({}, headers));
    assert.deepEqual(Object.keys(story), kWhole);
    const { time, first_token_ms: firstToken, total_ms: total, overhead_ms: overhead, trace_id: trace, steps, choices,
      attempts_made: attempts, ...rest } = story;
    assert.match(time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/);
    assert.match(trace, /^[0-9a-f]{32}$/);
    assert.ok(total > 0 && overhead < total);
    assert.ok(firstToken === null || (firstToken > 0 && firstToken <= total));
    assert.deepEqual(rest, { id: story.id, key: '-', owner: null, client: '127.0.0.1', path: '/v1/chat/completions',
      model: 'plain', route: 'plain', provider: 'a', status: 200, error: null, stream: false, attempts: 1, switches: 0,
      tokens_in: 7, tokens_out: 5, cached_tokens: 3, estimated: false, cost: 0, strategy: 'weighted',
      dialect: 'chat', bytes_in: JSON.stringify(body()).length, bytes_out: reply.bytes.length, dropped: null,
      pauses: [], capture: null });
    assert.equal(choices.length, 1);
    assert.deepEqual({ ...choices[0], at_ms: 0 }, { at_ms: 0, provider: 'a', priority: 1,
      why: 'the only one available of priority 1', skipped: [], skipped_more: 0 });
    const [{ began_ms: began, ended_ms: ended, head_ms: head, token_ms: token, ...attempt }] = attempts;
    assert.ok(began < head && head <= ended && (token === null || token >= head));
    assert.deepEqual(attempt, { provider: 'a', model: 'upstream-model', server: new URL(a.url).host, dialect: 'chat',
      converted: false, retry: false, status: 200, outcome: 'answered', reason: null, said: null,
      dropped: null });
    assert.deepEqual(stepsOf(story).filter((step) => step !== 'first_token'),
      [...kKnown, 'chosen', 'asked', 'head', 'attempt_ended', 'ended']);
    const [summary] = (await listed(gateway, 'model=plain')).requests;
    assert.deepEqual(Object.keys(summary), kSummary);
    for (const name of kSummary) assert.deepEqual(summary[name], story[name], name);
  });

  scenario('a switch is told with its reason', {
    strategy: 'round_robin', providers: { a: { serve: status(503) }, b: { serve: says('b') } },
  }, async ({ gateway, chat }) => {
    const { story } = await told(gateway, (headers) => chat({}, headers));
    assert.deepEqual([story.provider, story.status, story.attempts, story.switches, story.strategy],
      ['b', 200, 2, 1, 'round_robin']);
    assert.deepEqual(outcomes(story), ['a failed', 'b answered']);
    const [a, b] = story.attempts_made;
    assert.equal(a.status, 503);
    assert.match(a.reason, /^503/);
    assert.deepEqual([b.reason, b.retry], [null, false]);
    assert.ok(b.began_ms >= a.ended_ms);
    assert.deepEqual(story.choices.map(({ provider, priority }) => [provider, priority]), [['a', 1], ['b', 2]]);
    assert.deepEqual(stepsOf(story).filter((step) => step !== 'first_token'), [...kKnown, 'chosen', 'asked', 'head',
      'attempt_ended', 'chosen', 'asked', 'head', 'attempt_ended', 'ended']);
  });

  scenario('tries again are told with the pauses between them', {
    providers: { a: { serve: [status(503), status(503), says('a')], retry: 2 }, b: { serve: says('b') } },
  }, async ({ gateway, chat }) => {
    const { story } = await told(gateway, (headers) => chat({}, headers));
    assert.deepEqual([story.provider, story.attempts, story.switches], ['a', 3, 0]);
    assert.deepEqual(story.attempts_made.map(({ retry, status: code }) => [retry, code]),
      [[false, 503], [true, 503], [true, 200]]);
    assert.deepEqual(story.pauses.map((pause) => pause.for), ['retry', 'retry']);
    assert.equal(story.choices.length, 1);
    assert.deepEqual(stepsOf(story).filter((step) => ['waited', 'asked'].includes(step)),
      ['asked', 'waited', 'asked', 'waited', 'asked']);
  });

  scenario('a refused connection has no status', {
    providers: { a: { endpoint: kRefusedEndpoint, api_key: 'k' }, b: { serve: says('b') } },
  }, async ({ gateway, chat }) => {
    const { story } = await told(gateway, (headers) => chat({}, headers));
    const [a] = story.attempts_made;
    assert.deepEqual([a.status, a.head_ms, a.server, a.outcome], [null, null, '127.0.0.1:1', 'failed']);
    assert.notEqual(a.reason, null);
  });

  scenario('who is passed over is told with the reason', {
    providers: {
      a: { serve: status(429, { headers: { 'retry-after': '60' } }) },
      off: { serve: says('off'), enabled: false },
      short: { serve: says('short'), max_context_length: 1 },
      used: { serve: says('used'), rate_limit: { requests_per_period: 1, period_cron: kYearly } },
      b: { serve: says('b') },
    },
  }, async ({ gateway, chat }) => {
    assertAnsweredBy(await chat(), 'used', 2);
    const { story } = await told(gateway, (headers) => chat({}, headers));
    const [{ provider, skipped }] = story.choices;
    assert.equal(provider, 'b');
    assert.deepEqual(skipped.map((one) => one.provider), ['a', 'off', 'short', 'used']);
    const [a, off, short, used] = skipped.map(({ reason }) => reason);
    assert.match(a, /^cooling down after 429/);
    assert.match(off, /disabled/);
    assert.match(short, /more than its 1$/);
    assert.match(used, /^quota used up: 1 of 1 requests/);
    assert.match(story.steps.find(({ step }) => step === 'chosen').text, /^'b': .*; not 'a': cooling down after 429/);
  });

  scenario('when nobody is left that is told, too', {
    providers: { a: { serve: status(500) }, b: { serve: status(503) } },
  }, async ({ gateway, chat }) => {
    const { story, reply } = await told(gateway, (headers) => chat({}, headers));
    assert.deepEqual([story.status, story.provider, story.switches], [reply.status, 'b', 1]);
    assert.deepEqual(outcomes(story), ['a failed', 'b failed']);
    assert.equal(story.choices.at(-1).provider, null);
    assert.notEqual(story.error, null);
    assert.equal((await listed(gateway, 'status=failed')).requests.filter(({ id }) => id === story.id).length, 1);
  });

  scenario('a wait for the end of a cooldown is a pause', {
    providers: { a: { serve: [status(429, { headers: { 'retry-after': '1' } }), says('a')] },
      b: { serve: [says('b'), status(400)], max_context_length: 20 } },
  }, async ({ gateway, chat }) => {
    assertAnsweredBy(await chat({ messages: [{ role: 'user', content: 'Hi' }] }), 'b', 2);
    const { story } = await told(gateway, (headers) =>
      chat({ messages: [{ role: 'user', content: 'word '.repeat(200) }] }, headers));
    assert.deepEqual([story.provider, story.status], ['a', 200]);
    assert.deepEqual(story.pauses.map((pause) => pause.for), ['cooldown']);
  });

  scenario('what one provider can\'t be asked is no attempt at it', {
    providers: { a: { ...kVendors.anthropic.entry, serve: kVendors.anthropic.says(kAnswer) }, b: { serve: says('b') } },
  }, async ({ gateway, chat }) => {
    const { story, reply } = await told(gateway, (headers) => chat({ n: 2 }, headers));
    assertAnsweredBy(reply, 'b', 1);
    assert.deepEqual([story.attempts, story.switches], [1, 0]);
    assert.deepEqual(outcomes(story), ['a rejected', 'b answered']);
    assert.match(story.attempts_made[0].reason, /n/);
  });

  scenario('a conversion is told with what it drops', {
    providers: { a: { ...kVendors.anthropic.entry, serve: kVendors.anthropic.says(kAnswer) } },
  }, async ({ gateway, chat }) => {
    const { story } = await told(gateway, (headers) => chat({ seed: 3, logit_bias: { 1: 1 } }, headers));
    assert.deepEqual([story.dialect, story.status], ['chat', 200]);
    const [{ dialect, converted, dropped }] = story.attempts_made;
    assert.deepEqual([dialect, converted, dropped.split(',').sort().join()], ['messages', true, 'logit_bias,seed']);
    assert.equal(story.dropped, dropped);
    assert.match(story.steps.find(({ step }) => step === 'asked').text, /converted to messages, without /);
  });

  scenario('a provider\'s refusal is the client\'s, and no failure', {
    providers: { a: { serve: status(400) }, b: { serve: says('b') } },
  }, async ({ gateway, chat }) => {
    const { story } = await told(gateway, (headers) => chat({}, headers));
    assert.deepEqual([story.status, story.provider, story.attempts], [400, 'a', 1]);
    assert.deepEqual(outcomes(story), ['a failed']);
    assert.equal((await listed(gateway, 'status=failed')).requests.filter(({ id }) => id === story.id).length, 0);
  });
});

scenarios('requests: streams and clients that leave', {}, (scenario) => {
  scenario('a stream has a first token and an end', {
    providers: { a: { serve: sse(chunk({ role: 'assistant', content: '' }), chunk({ content: 'one' }), hold,
      chunk({ content: 'two' }, { finish_reason: 'stop' }), kDone) } },
  }, async ({ gateway, stream, a }) => {
    const { story, reply } = await told(gateway, async (headers) => {
      const answer = await stream({}, headers);
      await answer.nextEvent();
      a.release();
      await answer.rest();
      return answer;
    });
    assert.deepEqual([story.stream, story.status, story.provider, story.error], [true, 200, 'a', null]);
    const [{ head_ms: head, token_ms: token, ended_ms: ended }] = story.attempts_made;
    assert.ok(head <= token && token <= ended);
    assert.equal(story.first_token_ms, token);
    assert.equal(story.bytes_out, reply.bytes.length);
    assert.equal(story.estimated, true);
    assert.deepEqual(stepsOf(story),
      [...kKnown, 'chosen', 'asked', 'head', 'first_token', 'attempt_ended', 'ended']);
  });

  scenario('a stream that breaks off is a failure with its reason', {
    providers: { a: { serve: sse(chunk({ content: 'one' }), hold, cut) }, b: { serve: says('b') } },
  }, async ({ gateway, stream, a }) => {
    const { story } = await told(gateway, async (headers) => {
      const answer = await stream({}, headers);
      await answer.nextEvent();
      a.release();
      await answer.rest();
    });
    assert.deepEqual([story.status, story.attempts], [502, 1]);
    assert.match(story.error, /^answer broke off/);
    assert.deepEqual(outcomes(story), ['a cut']);
    assert.notEqual(story.first_token_ms, null);
    assert.equal((await listed(gateway, 'status=failed')).requests.filter(({ id }) => id === story.id).length, 1);
  });

  for (const streamed of [false, true]) {
    scenario(`a client that leaves before its ${streamed ? 'stream' : 'answer'} begins is a 499`, {
      providers: { a: { serve: hang } },
    }, async ({ gateway, startChat, a }) => {
      const { story } = await told(gateway, async (headers) => {
        const client = startChat({ stream: streamed }, headers);
        await a.request();
        client.abort();
      });
      assert.deepEqual([story.status, story.error, story.first_token_ms, story.stream], [499, null, null, streamed]);
      assert.deepEqual(outcomes(story), ['a client_gone']);
    });
  }

  scenario('a client that leaves in the middle is a 499 that used tokens', {
    providers: { a: { serve: sse(chunk({ content: 'one two three' }), hold, chunk({ content: 'four' })) } },
  }, async ({ gateway, stream }) => {
    const { story } = await told(gateway, async (headers) => {
      const answer = await stream({}, headers);
      await answer.nextEvent();
      answer.abort();
    });
    assert.equal(story.status, 499);
    assert.ok(story.tokens_out > 0 && story.estimated && story.first_token_ms !== null);
    assert.deepEqual(outcomes(story), ['a client_gone']);
  });

  scenario('a body that comes slowly is the client\'s time', { providers: { a: { serve: says('hi') } } },
    async ({ gateway, model, body }) => {
    const id = newId();
    const connection = await RawConnection.open(gateway.port);
    const text = JSON.stringify(body());
    connection.write(`POST /v1/chat/completions HTTP/1.1\r\nHost: gateway\r\nX-Request-Id: ${id}\r\n` +
      `Content-Type: application/json\r\nContent-Length: ${text.length}\r\n\r\n${text.slice(0, 5)}`);
    // Whatever it takes to answer another request is longer than a pause has to be.
    for (let i = 0; i < 3; ++i) assert.equal((await gateway.chat(model)).status, 200);
    connection.write(text.slice(5));
    assert.equal((await connection.reply()).status, 200);
    connection.close();
    const story = await storyOf(gateway, id);
    assertSound(story);
    assert.deepEqual(story.pauses.map((pause) => pause.for), ['body']);
  });
});

const kOneAtOnce = { max_concurrent: 1, queue: true };

scenarios('requests: waits', { global: { admin_key: kAdminKey, stream_keepalive: 0.02 },
  config: { _keys: keysOf({ one: {}, patient: { owner: 'ada', limits: kOneAtOnce } }) } }, (scenario) => {
  // Two streams, of which the second one waits for the first.
  const inLine = (name, reason) => async ({ gateway, model, a }) => {
    const first = gateway.chat(model, {}, by(name));
    await a.request();
    const { story } = await told(gateway, async (headers) => {
      const second = await openStream(gateway.port, { method: 'POST', path: '/v1/chat/completions',
        headers: { ...headers, ...by(name) }, body: { model, stream: true, messages: [] } });
      assert.notEqual((await second.next()).comment, undefined, 'it waits');
      a.release();
      await a.request(2);
      a.release();
      await second.rest();
      await first;
    }, kAdmin);
    assert.deepEqual(story.pauses.map((pause) => pause.for), [reason]);
    assert.deepEqual([story.key, story.provider, story.status], [name, 'a', 200]);
    assert.ok(story.overhead_ms < story.total_ms);
    assert.ok(stepsOf(story).includes('waited'));
    return story;
  };

  scenario('a wait in a provider\'s line is a pause for room', {
    providers: { a: { serve: afterRelease(says('a')), limits: kOneAtOnce } },
  }, inLine('one', 'room'));

  scenario('a wait in the caller\'s own line is a pause for its allowance', {
    providers: { a: { serve: afterRelease(says('a')) } },
  }, async (context) => assert.equal((await inLine('patient', 'allowance')(context)).owner, 'ada'));
});

scenarios('requests: refused ones', { global: { admin_key: kAdminKey, max_body_mb: 1 },
  config: { _keys: keysOf({ user: {}, narrow: { models: ['other'] } }) } }, (scenario) => {
  const route = () => ({ providers: { a: { serve: says('hi') } } });

  scenario('a key that nobody knows', route(), async ({ gateway, chat }) => {
    const { story, reply } = await told(gateway, (headers) =>
      chat({}, { ...headers, authorization: 'Bearer sk-gw-nobody-0123456789' }), kAdmin);
    assertError(reply, 401);
    assert.deepEqual([story.status, story.key, story.model, story.route, story.provider, story.attempts],
      [401, '-', '', null, null, 0]);
    assert.deepEqual(stepsOf(story), ['arrived', 'ended']);
    assert.ok(!JSON.stringify(story).includes('nobody-0123456789'));
  });

  scenario('a model that is not there', route(), async ({ gateway }) => {
    const { story } = await told(gateway, (headers) =>
      gateway.chat('nobody', {}, { ...headers, ...by('user') }), kAdmin);
    assert.deepEqual([story.status, story.key, story.model, story.route, story.strategy],
      [404, 'user', 'nobody', null, null]);
    assert.deepEqual(stepsOf(story), ['arrived', 'authenticated', 'understood', 'ended']);
  });

  scenario('a model that the key may not use', route(), async ({ gateway, chat, model }) => {
    const { story, reply } = await told(gateway, (headers) => chat({}, { ...headers, ...by('narrow') }), kAdmin);
    assert.deepEqual([story.status, story.key, story.model, story.attempts], [reply.status, 'narrow', model, 0]);
    assert.ok(reply.status === 403 || reply.status === 404, reply.text);
  });

  scenario('bad JSON', route(), async ({ gateway }) => {
    const { story } = await told(gateway, (headers) =>
      gateway.post('/v1/chat/completions', '{"model": ', { ...headers, ...by('user') }), kAdmin);
    assert.deepEqual([story.status, story.model, story.bytes_in], [400, '', 10]);
    assert.deepEqual(stepsOf(story), ['arrived', 'authenticated', 'ended']);
  });

  scenario('a body that is too large', route(), async ({ gateway, model }) => {
    const id = newId();
    const connection = await RawConnection.open(gateway.port);
    connection.write('POST /v1/chat/completions HTTP/1.1\r\nHost: gateway\r\nContent-Type: application/json\r\n' +
      `Authorization: ${by('user').authorization}\r\nX-Request-Id: ${id}\r\nContent-Length: 2000000\r\n\r\n` +
      `{"model":"${model}"`);
    assert.equal((await connection.reply()).status, 413);
    connection.close();
    const story = await storyOf(gateway, id, kAdmin);
    assertSound(story);
    assert.deepEqual([story.status, story.key, story.attempts], [413, 'user', 0]);
    assert.match(story.error, /max_body_mb/);
  });

  scenario('a strategy that does not exist', route(), async ({ gateway, chat }) => {
    const { story, reply } = await told(gateway, (headers) =>
      chat({}, { ...headers, ...by('user'), 'x-gateway-strategy': 'best' }), kAdmin);
    assert.equal(story.status, reply.status);
    assert.ok(reply.status === 400 || reply.status === 403, reply.text);
  });
});

scenarios('requests: counting tokens', {}, (scenario) => {
  const kCount = { messages: [{ role: 'user', content: 'Hi' }] };
  const count = ({ gateway, post }) => told(gateway, (headers) => post('/v1/messages/count_tokens', kCount, headers));

  scenario('a provider that counts is asked', {
    providers: { a: { ...kVendors.anthropic.entry, serve: json({ input_tokens: 42 }) } },
  }, async (context) => {
    const { story } = await count(context);
    assert.deepEqual([story.status, story.provider, story.attempts, story.dialect], [200, 'a', 1, 'count_tokens']);
    assert.deepEqual(outcomes(story), ['a answered']);
  });

  scenario('where nobody counts it is nobody\'s answer', {
    providers: { a: { serve: says('hi') } },
  }, async (context) => {
    const { story } = await count(context);
    assert.deepEqual([story.status, story.provider, story.attempts], [200, null, 0]);
  });

  scenario('one that can\'t was asked, but did not answer', {
    providers: { a: { ...kVendors.anthropic.entry, serve: status(500) } },
  }, async (context) => {
    const { story } = await count(context);
    assert.deepEqual([story.status, story.provider], [200, null]);
    assert.deepEqual(outcomes(story), ['a failed']);
  });
});

scenarios('requests: found', { concurrency: 1, global: { admin_key: kAdminKey },
  config: { _keys: keysOf({ laptop: { owner: 'ada' }, phone: {} }) } }, (scenario) => {
  scenario('X-Request-Id finds it, and of several with one id the newest', {
    providers: { a: { serve: [says('one'), status(400)] } },
  }, async ({ gateway, chat }) => {
    const id = newId();
    await chat({}, { ...by('laptop'), 'x-request-id': id });
    assert.equal((await storyOf(gateway, id, kAdmin)).status, 200);
    await chat({}, { ...by('laptop'), 'x-request-id': id });
    const other = await chat({}, by('laptop'));
    await storyOf(gateway, other.headers['x-request-id'], kAdmin);
    assert.equal((await storyOf(gateway, id, kAdmin)).status, 400);
    const { requests } = await listed(gateway, '', kAdmin);
    assert.equal(requests.filter((one) => one.id === id).length, 2);
    assert.equal(requests[0].id, other.headers['x-request-id'], 'the newest first');
    assertError(await gateway.get('/admin/requests/nobody', kAdmin), 404);
    assertError(await gateway.get(`/admin/requests/${id}/x`, kAdmin), 404);
  });

  scenario('each filter finds what it says', {
    model: 'gpt', aliases: ['fast'], providers: { a: { serve: status(503) },
      b: { serve: [says('b'), says('b'), status(400), status(500)] } },
  }, async ({ gateway }) => {
    const ids = {};
    const ask = async (name, model, key) => {
      ids[name] = newId();
      await gateway.chat(model, {}, { ...by(key), 'x-request-id': ids[name] });
      await storyOf(gateway, ids[name], kAdmin);
    };
    await ask('ok', 'gpt', 'laptop');
    await ask('alias', 'fast', 'phone');
    await ask('refused', 'gpt', 'phone');
    await ask('failed', 'gpt', 'laptop');
    await ask('unknown', 'gp', 'laptop');
    const names = Object.fromEntries(Object.entries(ids).map(([name, id]) => [id, name]));
    const found = async (query) => (await listed(gateway, query, kAdmin)).requests.flatMap(({ id }) => names[id] ?? []);
    for (const [query, want] of [
      ['', 'unknown failed refused alias ok'], ['model=gpt', 'failed refused alias ok'], ['model=fast', 'alias'],
      ['model=gp', 'unknown'], ['model=g', ''], ['provider=a', 'failed refused alias ok'],
      ['provider=nobody', ''], ['key=phone', 'refused alias'], ['key=laptop', 'unknown failed ok'], ['key=-', ''],
      ['status=200', 'alias ok'], ['status=4xx', 'unknown refused'], ['status=400', 'refused'],
      ['status=5xx', 'failed'],
      ['status=failed', 'failed'], ['status=3xx', ''], ['min_ms=0', 'unknown failed refused alias ok'],
      ['min_ms=86400000', ''], ['limit=2', 'unknown failed'], ['limit=1&model=gpt', 'failed'],
      ['model=gpt&key=phone&status=2xx&provider=b', 'alias'], ['model=%67pt&status=200', 'alias ok'],
    ]) {
      assert.equal((await found(query)).join(' '), want, query);
    }
    const { kept } = await listed(gateway, 'limit=1', kAdmin);
    assert.equal(kept, (await listed(gateway, 'limit=1000', kAdmin)).requests.length);
  });

  const plain = { providers: { a: { serve: says('hi') } } };

  scenario('a question that can\'t be meant is a 400', plain, async ({ gateway }) => {
    for (const query of ['limit=0', 'limit=1001', 'status=ok', 'status=99', 'min_ms=-1', 'modell=x', 'key=a&key=b']) {
      assertError(await gateway.get(`/admin/requests?${query}`, kAdmin), 400);
    }
    assertError(await gateway.post('/admin/requests', {}, kAdmin), 405);
  });

  scenario('only administrators may see', plain, async ({ gateway, chat, model }) => {
    const { 'x-request-id': id } = (await chat({}, by('laptop'))).headers;
    await storyOf(gateway, id, kAdmin);
    for (const path of ['/admin/requests', `/admin/requests/${id}`, '/admin/overview', '/admin/events',
      `/admin/explain?model=${model}`]) {
      const refused = [assertError(await gateway.get(path, by('laptop')), 403),
        assertError(await gateway.get(path), 401)];
      for (const error of refused) assert.ok(!JSON.stringify(error).includes('127.0.0.1'), path);
      assert.equal((await gateway.request('HEAD', path, { headers: by('laptop') })).status, 403);
      assert.equal((await gateway.request('HEAD', path, { headers: kAdmin })).status, 200);
    }
  });
});

// ---- how many are kept ------------------------------------------------------------------------------------

async function started(globals, routes = { model: kMock }) {
  return Gateway.start({ _global: globals, ...routes }, { env: { LOG_LEVEL: 'INFO' } });
}

test('as many are kept as requests_kept says', async () => {
  const gateway = await started({ requests_kept: 3 });
  const ids = Array.from({ length: 7 }, newId);
  for (const id of ids) {
    await gateway.chat('model', {}, { 'x-request-id': id });
    await storyOf(gateway, id);
  }
  const { requests, kept } = await listed(gateway);
  assert.deepEqual([requests.map(({ id }) => id), kept], [ids.slice(-3).reverse(), 3]);
  assertError(await gateway.get(`/admin/requests/${ids[3]}`), 404);
  assert.equal(await gateway.stop(), 0);
});

test('as many are kept as have room in requests_kept_mb', async () => {
  const gateway = await started({ requests_kept_mb: 1 }, { model: { ...kMock, capture: true } });
  const messages = [{ role: 'user', content: 'word '.repeat(20_000) }];  // 64 KiB of it
  const ids = Array.from({ length: 30 }, newId);
  for (const id of ids) {
    await gateway.chat('model', { messages }, { 'x-request-id': id });
    await storyOf(gateway, id);
  }
  const { requests, kept } = await listed(gateway);
  assert.ok(kept >= 12 && kept <= 15, `${kept} kept`);
  assert.deepEqual(requests.map(({ id }) => id), ids.slice(-kept).reverse());
  assert.equal(await gateway.stop(), 0);
});

test('names of any length take their room in requests_kept_mb', async () => {
  const gateway = await started({ requests_kept_mb: 1, max_body_mb: 8 }, { '*': { providers: [{ name: 'm', type: 'mock',
    mock: { latency: 0, tokens_per_second: 100_000 } }] } });
  for (let i = 0; i < 3; ++i) {
    const id = newId();
    await gateway.chat(`${i}${'m'.repeat(1_000_000)}`, {}, { 'x-request-id': id });
    assert.ok(JSON.stringify(await storyOf(gateway, id)).length < 20_000);
  }
  assert.equal((await listed(gateway)).kept, 3);
  assert.equal(await gateway.stop(), 0);
});

test('with requests_kept 0 there are none, and everything else is as it was', async () => {
  const gateway = await started({ requests_kept: 0 });
  const reply = await gateway.chat('model');
  assert.equal(reply.status, 200);
  assert.equal((await (await gateway.stream('model')).rest()).at(-1).data, kDone.slice(6).trim());
  assert.deepEqual(await listed(gateway), { requests: [], kept: 0 });
  assertError(await gateway.get(`/admin/requests/${reply.headers['x-request-id']}`), 404);
  assert.equal((await gateway.get('/admin/overview')).json.totals.requests, 2);
  assert.equal(await gateway.stop(), 0);
  assert.equal(gateway.logLines(' Exchange ').length, 2);
});

test('requests_kept and requests_kept_mb wait for a restart, and a reload says so', async () => {
  const gateway = await started({ requests_kept: 2 });
  const reply = await gateway.reload({ _global: { requests_kept: 5, requests_kept_mb: 7 }, model: kMock });
  assert.equal(reply.status, 200, reply.text);
  assert.deepEqual(reply.json.needs_restart, ['_global.requests_kept', '_global.requests_kept_mb']);
  for (let i = 0; i < 4; ++i) await storyOf(gateway, (await gateway.chat('model')).headers['x-request-id']);
  assert.equal((await listed(gateway)).kept, 2);
  assert.equal(await gateway.stop(), 0);
});

test('log_sample picks the lines of those that went well, and keeps all stories', async () => {
  for (const [share, lines] of [[0, 1], [1, 6]]) {
    const gateway = await started({ log_sample: share }, { model: kMock,
      bad: { providers: [{ name: 'a', endpoint: kRefusedEndpoint, model: 'm', retry: 0 }] } });
    for (let i = 0; i < 5; ++i) assert.equal((await gateway.chat('model')).status, 200);
    assert.equal((await gateway.chat('bad')).status, 502);
    await storyOf(gateway, (await gateway.chat('nobody')).headers['x-request-id']);  // not served: no failure
    assert.equal((await listed(gateway)).kept, 7);
    assert.equal(await gateway.stop(), 0);
    assert.equal(gateway.logLines(' Exchange ').length, lines + share);
    assert.equal(gateway.logLines(' Selected provider ').length, share * 6);
  }
});
