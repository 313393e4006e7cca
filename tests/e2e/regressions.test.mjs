// Cases in which two things meet: an open connection and its end, a clock and a wait, two requests at one provider.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { RawConnection, textOf } from './lib/client.mjs';
import { kYearly } from './lib/cron.mjs';
import { assertAnsweredBy, assertBrokenOff, assertError, assertWhole } from './lib/expect.mjs';
import { chatBody, Gateway } from './lib/gateway.mjs';
import { entryOf, kKey, scenarios } from './lib/scenario.mjs';
import { afterRelease, chunk, hang, hold, kDone, says, saysInEvents, sse, status, Upstream } from './lib/upstream.mjs';
import { eventually } from './lib/wait.mjs';

const kRole = chunk({ role: 'assistant', content: '' });
const kStop = chunk({}, { finish_reason: 'stop' });

// A provider that has said everything and keeps its connection open.
const saysAndStays = (text) => sse(kRole, chunk({ content: text }), kStop, kDone, hold);

// Longer than a test waits: whoever needs this limit to pass has hung.
const kForEver = 3600;

// A test with a gateway of its own: each provider, by name, serves a model of that name.
function testWith(name, { global = {}, providers }, run) {
  test(name, async () => {
    const config = { _global: global };
    const upstreams = {};
    for (const [provider, entry] of Object.entries(providers)) {
      upstreams[provider] = await Upstream.start(entry.serve);
      config[provider] = { providers: [entryOf(provider, entry, upstreams[provider])] };
    }
    const gateway = await Gateway.start(config);
    let code;
    try {
      await run({ gateway, ...upstreams });
    } finally {
      code = await gateway.stop();
      await Promise.all(Object.values(upstreams).map((upstream) => upstream.stop()));
    }
    assert.equal(code, 0, 'the gateway ends cleanly');
  });
}

// A chat as its bytes, in a head and two halves of a body.
function chatBytes(model, { members = {}, headers = '' } = {}) {
  const body = JSON.stringify(chatBody(model, members));
  const middle = Math.floor(body.length / 2);
  return {
    head: 'POST /v1/chat/completions HTTP/1.1\r\nHost: gateway\r\nContent-Type: application/json\r\n' +
      `Content-Length: ${body.length}\r\n${headers}\r\n`,
    halves: [body.slice(0, middle), body.slice(middle)],
  };
}

testWith('an error behind keep-alive comments brings neither key nor prompt into the log', {
  global: { stream_keepalive: 0.05 },
  providers: {
    a: { serve: afterRelease(status(400, { message: `key ${kKey} may not ask about xylophones`,
      type: 'invalid_request_error' })) },
  },
}, async ({ gateway, a }) => {
  const answer = await gateway.stream('a', { messages: [{ role: 'user', content: 'Do xylophones float?' }] },
    { 'x-request-id': 'late-error' });
  assert.notEqual((await answer.next()).comment, undefined);
  assert.notEqual((await answer.next()).comment, undefined);
  a.release();
  assertBrokenOff(await answer.rest());
  assert.ok(!answer.bytes.includes(kKey), 'the client does not see the key');
  assert.equal(await gateway.stop({ keepFolder: true }), 0);
  assert.ok(gateway.logLines('late-error').length > 0, 'the request stands in the log');
  for (const secret of [kKey, 'xylophone']) assert.deepEqual(gateway.logLines(secret), []);
});

testWith('nothing follows the last chunk of a stream whose provider stays', {
  global: { stream_keepalive: 0.05 },
  providers: {
    a: { serve: [saysAndStays('first'), says('second')], timeout: kForEver, idle_timeout: kForEver },
    clock: { serve: hang },
  },
}, async ({ gateway, a }) => {
  const connection = await RawConnection.open(gateway.port);
  const { head, halves } = chatBytes('a', { members: { stream: true } });
  connection.write(head + halves.join(''));
  const first = await connection.reply();
  assert.equal(first.status, 200);
  assert.match(first.text, /"first"/);
  assert.ok(first.text.endsWith(kDone), first.text);
  // Comments on another stream: their time has come on this connection, too.
  const clock = await gateway.stream('clock');
  for (let comments = 0; comments < 3; ++comments) assert.notEqual((await clock.next()).comment, undefined);
  clock.abort();
  const plain = chatBytes('a');
  connection.write(plain.head + plain.halves.join(''));
  const second = await connection.reply();
  assert.equal(second?.status, 200);
  assert.equal(second.content, 'second');
  connection.close();
  assert.equal(a.requests.length, 2);
});

testWith('content in time satisfies first_token_timeout of a stream that becomes JSON', {
  providers: {
    a: { serve: sse(kRole, chunk({ content: 'early' }), hold, kStop, kDone), non_stream_support: false,
      first_token_timeout: 0.3, timeout: kForEver, idle_timeout: kForEver },
    clock: { serve: hang, first_token_timeout: 0.6, timeout: kForEver },
  },
}, async ({ gateway, a }) => {
  const answer = gateway.chat('a');
  answer.catch(() => {});  // it is awaited below
  await a.holding();
  const late = await gateway.chat('clock', { stream: true });
  assertError(late, 504);
  a.release();
  const reply = await answer;
  assertAnsweredBy(reply, 'a', 1);
  assert.equal(reply.content, 'early');
});

testWith('a client that sends its body slowly does not use up the time for its answer', {
  global: { default_timeout: 0.5 },
  providers: { a: { serve: says('hi') }, clock: { serve: hang } },
}, async ({ gateway, a }) => {
  const connection = await RawConnection.open(gateway.port);
  const { head, halves } = chatBytes('a', { headers: 'Expect: 100-continue\r\n' });
  connection.write(head);
  assert.equal((await connection.reply()).status, 100, 'the head has arrived');
  connection.write(halves[0]);
  assertError(await gateway.chat('clock'), 504);
  connection.write(halves[1]);
  const reply = await connection.reply();
  assert.equal(reply?.status, 200, reply?.text);
  assert.equal(reply.content, 'hi');
  assert.equal(a.requests.length, 1);
  connection.close();
});

// Refuses `stream_options`, but only when two requests have come with it.
async function refusesOptionsOfBoth(exchange) {
  if (exchange.record.json.stream_options === undefined) return saysInEvents(['fine'])(exchange);
  await exchange.upstream.request(2);
  return status(400, { message: 'Unrecognized request argument supplied: stream_options',
    type: 'invalid_request_error' })(exchange);
}

scenarios('regressions', {}, (scenario) => {
  scenario('[DONE] ends a stream that becomes JSON, whether or not its provider closes', {
    providers: { a: { serve: saysAndStays('whole'), non_stream_support: false, timeout: kForEver,
      idle_timeout: kForEver } },
  }, async ({ chat }) => {
    const reply = await chat();
    assertAnsweredBy(reply, 'a', 1);
    assert.equal(reply.content, 'whole');
  });

  scenario('two first streams at a provider that refuses stream_options are both answered', {
    providers: { a: { serve: refusesOptionsOfBoth } },
  }, async ({ stream, a }) => {
    for (const answer of await Promise.all([stream(), stream()])) {
      assert.equal(answer.status, 200);
      const events = await answer.rest();
      assertWhole(events);
      assert.equal(textOf(events), 'fine');
    }
    assert.deepEqual(a.requests.map(({ json }) => json.stream_options !== undefined).sort(),
      [false, false, true, true]);
  });

  scenario('a quota that is only held by a request in flight is worth another try in a second', {
    providers: { a: { serve: sse(chunk({ content: 'one' }), hold, kStop, kDone),
      rate_limit: { tokens_per_period: 1000, period_cron: kYearly } } },
  }, async ({ chat, stream, a }) => {
    const answer = await stream({ max_tokens: 5000 });
    await answer.nextEvent();
    const refused = await chat();
    assertError(refused, 429);
    assert.equal(refused.headers['retry-after'], '1');
    assert.equal(a.requests.length, 1);
    a.release();
    assertWhole(await answer.rest());
  });

  scenario('a success that began before a 429 does not end the cooldown', {
    providers: {
      a: { serve: [afterRelease(says('early')), status(429, { headers: { 'retry-after': '60' } })] },
      b: { serve: says('from b') },
    },
  }, async ({ chat, provider, a }) => {
    const early = chat();
    await a.request(1);
    assertAnsweredBy(await chat(), 'b', 2);
    a.release();
    assertAnsweredBy(await early, 'a', 1);
    const shown = await eventually(async () => { const one = await provider('a'); return one.in_flight === 0 && one; },
      'the end of the early request');
    assert.equal(shown.available, false);
    assert.ok(shown.until, 'it says until when');
    assertAnsweredBy(await chat(), 'b', 1);
  });

  scenario('a TLS greeting is answered, not waited out', { providers: { a: { serve: says('hi') } } },
    async ({ gateway }) => {
    const connection = await RawConnection.open(gateway.port);
    connection.write(Buffer.from('16030100c2010000be0303', 'hex'));
    const reply = await connection.reply();
    assert.ok(reply, 'an answer before the connection is closed');
    assert.match(assertError(reply, 400).message, /HTTPS/);
    assert.equal((await connection.closed()).length, 0, 'nothing follows');
  });

  for (const [what, [bytes, code]] of Object.entries({
    'the health check': ['GET /health HTTP/1.1\r\nHost: x\r\n\r\n', 200],
    'an unknown path': ['GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n', 404],
    'a wrong method': ['GET /v1/chat/completions HTTP/1.1\r\nHost: x\r\n\r\n', 405],
    'broken JSON': ['POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n{', 400],
    'no HTTP at all': ['hello there\r\n\r\n', 400],
    'a TLS greeting': [Buffer.from('16030100c2010000be0303', 'hex'), 400],
    'an unreadable length': ['POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: ten\r\n\r\n', 400],
    'a long target': [`GET /${'x'.repeat(100_000)} HTTP/1.1\r\nHost: x\r\n\r\n`, 414],
  })) {
    scenario(`the answer to ${what} says that no provider gave it`, { providers: { a: { serve: says('hi') } } },
      async ({ gateway }) => {
      const connection = await RawConnection.open(gateway.port);
      connection.write(bytes);
      const { status: answered, headers } = await connection.reply();
      connection.close();
      assert.equal(answered, code);
      assert.match(headers['x-request-id'] ?? '', /./);
      assert.deepEqual([headers['x-gateway-provider'], headers['x-gateway-attempts']], ['none', '0']);
    });
  }
});
