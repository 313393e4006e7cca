// The failover chart, line by line: what the status of an attempt leads to.
import assert from 'node:assert/strict';

import { textOf } from './lib/client.mjs';
import { assertAnsweredBy, assertError, assertRetryAfter } from './lib/expect.mjs';
import { kKey, kRefusedEndpoint, scenarios } from './lib/scenario.mjs';
import { bytes, chunk, hang, kDone, pauseOf, says, sse, status } from './lib/upstream.mjs';

scenarios('failover: server errors', {}, (scenario) => {
  for (const code of [500, 502, 503, 504, 520, 529]) {
    scenario(`a ${code} is tried again at the same provider, then at the next`, {
      providers: { a: { serve: status(code), retry: 1 }, b: { serve: says('from b') } },
    }, async ({ chat, a, b }) => {
      const reply = await chat();
      assertAnsweredBy(reply, 'b', 3);
      assert.equal(reply.content, 'from b');
      assert.equal(a.requests.length, 2);
      assert.equal(b.requests.length, 1);
    });
  }

  scenario('a provider that recovers on a retry answers', {
    providers: { a: { serve: [status(503), status(500), says('recovered')], retry: 3 }, b: { serve: says('from b') } },
  }, async ({ chat, b }) => {
    const reply = await chat();
    assertAnsweredBy(reply, 'a', 3);
    assert.equal(reply.content, 'recovered');
    assert.equal(b.requests.length, 0);
  });

  scenario('retry 0 is one try', {
    providers: { a: { serve: status(500), retry: 0 }, b: { serve: says('from b') } },
  }, async ({ chat, a }) => {
    assertAnsweredBy(await chat(), 'b', 2);
    assert.equal(a.requests.length, 1);
  });

  scenario('without a word about it, a provider gets three retries', {
    providers: { a: { serve: status(500), retry: undefined }, b: { serve: says('from b') } },
  }, async ({ chat, a }) => {
    assertAnsweredBy(await chat(), 'b', 5);
    assert.equal(a.requests.length, 4);
  });

  scenario('a short Retry-After of a 503 delays the retry but does not prevent it', {
    providers: { a: { serve: [status(503, { headers: { 'retry-after': '1' } }), says('recovered')], retry: 1 } },
  }, async ({ chat }) => assertAnsweredBy(await chat(), 'a', 2));

  scenario('a long Retry-After of a 503 holds up nobody', {
    providers: {
      a: { serve: status(503, { headers: { 'retry-after': '3600' } }), retry: 1 }, b: { serve: says('from b') },
    },
  }, async ({ chat }) => assert.equal((await chat()).content, 'from b'));

  scenario('every retry sends the same request', {
    providers: { a: { serve: [status(503), says('ok')], retry: 1 } },
  }, async ({ chat, a }) => {
    await chat({ temperature: 0.25, user: 'someone' });
    assert.equal(a.requests[0].body.toString(), a.requests[1].body.toString());
    assert.equal(a.requests[0].json.temperature, 0.25);
  });
});

scenarios('failover: refused by the provider', {}, (scenario) => {
  for (const code of [401, 403, 429]) {
    scenario(`a ${code} switches at once and cools the provider down`, {
      providers: { a: { serve: status(code), retry: 3 }, b: { serve: says('from b') } },
    }, async ({ chat, provider, a, b }) => {
      assertAnsweredBy(await chat(), 'b', 2);
      assert.equal(a.requests.length, 1);
      const cooling = await provider('a');
      assert.equal(cooling.available, false);
      assert.equal(typeof cooling.reason, 'string');
      assert.notEqual(cooling.reason, '');
      assert.ok(cooling.until, 'it says until when');
      assertAnsweredBy(await chat(), 'b', 1);
      assert.equal(a.requests.length, 1, 'a cooling provider is left alone');
      assert.equal(b.requests.length, 2);
    });
  }

  scenario('the only provider is never cooled down', {
    providers: { a: { serve: [status(429, { headers: { 'retry-after': '60' } }), says('back')] } },
  }, async ({ chat }) => {
    assert.ok(assertRetryAfter(await rateLimited(chat)) <= 60);
    assert.equal((await chat()).content, 'back');
  });

  scenario('a rejected key of the only provider is a 502, and the next request tries again', {
    providers: { a: { serve: [status(401), says('back')], retry: 2 } },
  }, async ({ chat, a }) => {
    assertError(await chat(), 502);
    assert.equal(a.requests.length, 1);
    assert.equal((await chat()).content, 'back');
  });

  scenario('a 400 is not held against its provider', {
    providers: { a: { serve: [status(400), status(404), says('fine')] }, b: { serve: says('from b') } },
  }, async ({ chat, provider, b }) => {
    assertError(await chat(), 400);
    assertError(await chat(), 404);
    assert.equal((await provider('a')).available, true);
    assert.equal((await chat()).content, 'fine');
    assert.equal(b.requests.length, 0);
  });
});

scenarios('failover: mistakes of the client', {}, (scenario) => {
  for (const code of [400, 404, 409, 413, 415, 422]) {
    const body = `{ "error" : {"message":"no \\u00e9 ${code}", "type":"invalid_request_error","n":1.0} }\n`;
    scenario(`a ${code} reaches the client as it is`, {
      providers: {
        a: { serve: bytes(body, { status: code, headers: { 'content-type': 'application/json' } }), retry: 3 },
        b: { serve: says('from b') },
      },
    }, async ({ chat, a, b }) => {
      const reply = await chat();
      assert.equal(reply.status, code);
      assert.equal(reply.text, body);
      assert.match(reply.headers['content-type'], /^application\/json/);
      assert.equal(reply.headers['x-gateway-provider'], 'a');
      assert.equal(a.requests.length, 1);
      assert.equal(b.requests.length, 0);
    });
  }

  scenario('a 400 that is not JSON reaches the client as it is', {
    providers: { a: { serve: bytes('<b>no</b>', { status: 400, headers: { 'content-type': 'text/html' } }) } },
  }, async ({ chat }) => {
    const reply = await chat();
    assert.equal(reply.status, 400);
    assert.equal(reply.text, '<b>no</b>');
    assert.match(reply.headers['content-type'], /^text\/html/);
  });

  scenario('a client that streams gets the 400 as a status, too', {
    providers: { a: { serve: status(400, { message: 'too hot' }) }, b: { serve: says('from b') } },
  }, async ({ chat, b }) => {
    assert.equal(assertError(await chat({ stream: true }), 400).message, 'too hot');
    assert.equal(b.requests.length, 0);
  });
});

scenarios('failover: nobody left', {}, (scenario) => {
  scenario('a 502 tells of each attempt and of no secret', {
    providers: {
      alpha: { serve: status(500, { message: `Incorrect API key provided: ${kKey}` }), retry: 1 },
      beta: { serve: status(401, { message: `Incorrect API key provided: ${kKey}` }) },
      gamma: { endpoint: kRefusedEndpoint, api_key: kKey },
    },
  }, async ({ chat, alpha, beta }) => {
    const reply = await chat();
    const { message } = assertError(reply, 502);
    for (const word of ['alpha', '500', 'beta', '401', 'gamma']) assert.ok(message.includes(word),
      `${word}: ${message}`);
    assert.ok(!reply.text.includes(kKey), message);
    assert.equal(reply.headers['x-gateway-attempts'], '4');
    assert.equal(alpha.requests.length, 2);
    assert.equal(beta.requests.length, 1);
  });

  scenario('a client that streams gets the 502 as a status', {
    providers: { a: { serve: status(500) }, b: { serve: status(503) } },
  }, async ({ chat }) => assertError(await chat({ stream: true }), 502));

  scenario('all rate-limited is a 429 that says when to come back', {
    providers: {
      a: { serve: status(429, { headers: { 'retry-after': '40' } }) },
      b: { serve: status(429, { headers: { 'retry-after': '20' } }) },
    },
  }, async ({ chat }) => {
    const reply = await rateLimited(chat);
    assert.ok(assertRetryAfter(reply) <= 40);
    assert.ok(!reply.text.includes(kKey));
  });

  scenario('rate-limited and broken together are a 502', {
    providers: { a: { serve: status(429) }, b: { serve: status(500) } },
  }, async ({ chat }) => assertError(await chat(), 502));

  scenario('all timed out is a 504', {
    providers: { a: { serve: hang, timeout: 0.3 }, b: { serve: hang, timeout: 0.3 } },
  }, async ({ chat }) => assertError(await chat(), 504));

  scenario('timed out and broken together are a 502', {
    providers: { a: { serve: hang, timeout: 0.3 }, b: { serve: status(500) } },
  }, async ({ chat }) => assertError(await chat(), 502));

  scenario('a tier is finished before the next begins, and nobody is asked twice', {
    providers: {
      a: { serve: status(503), priority: 1, weight: 5 },
      b: { serve: status(429), priority: 1, weight: 3 },
      c: { serve: status(500), priority: 1, weight: 2 },
      d: { serve: says('from d'), priority: 2, weight: 100 },
      e: { serve: says('from e'), priority: 3 },
    },
  }, async ({ chat, a, b, c, d, e }) => {
    assertAnsweredBy(await chat(), 'd', 4);
    assert.deepEqual([a, b, c, d, e].map((one) => one.requests.length), [1, 1, 1, 1, 0]);
  });
});

scenarios('failover: waiting for a cooldown', {}, (scenario) => {
  scenario('a cooldown that ends soon is waited for when nobody else is left', {
    providers: {
      a: { serve: [status(429, { headers: { 'retry-after': '2' } }), says('a is back')] },
      b: { serve: [says('from b'), status(429, { headers: { 'retry-after': '60' } })] },
    },
  }, async ({ chat }) => {
    assert.equal((await chat()).content, 'from b');
    assert.equal((await chat()).content, 'a is back');
  });

  scenario('a cooldown that lasts is not waited for', {
    providers: {
      a: { serve: [status(429, { headers: { 'retry-after': '60' } }), says('a is back')] },
      b: { serve: [says('from b'), status(429, { headers: { 'retry-after': '120' } })] },
    },
  }, async ({ chat, a }) => {
    assert.equal((await chat()).content, 'from b');
    assert.ok(assertRetryAfter(await rateLimited(chat)) <= 60);
    assert.equal(a.requests.length, 1);
  });
});

scenarios('failover: the budget of an exchange', { global: { default_timeout: 0.6, default_retry: 0 } }, (scenario) => {
  scenario('ends all attempts together', {
    providers: { a: { serve: hang, timeout: 60 }, b: { serve: hang, timeout: 60 } },
  }, async ({ chat, a }) => {
    assertError(await chat(), 504);
    await a.requests[0].aborted();
  });

  scenario('is over with the first event: the stream may last longer', {
    providers: { a: { serve: sse(chunk({ content: 'one' }), pauseOf(0.9),
      chunk({ content: 'two' }, { finish_reason: 'stop' }),
      kDone), timeout: 60 } },
  }, async ({ stream }) => assert.equal(textOf(await (await stream()).rest()), 'onetwo'));
});

async function rateLimited(chat) {
  const reply = await chat();
  assertError(reply, 429);
  return reply;
}
