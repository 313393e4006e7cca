// The failover chart for attempts that end without a usable answer.
import assert from 'node:assert/strict';
import zlib from 'node:zlib';

import { assertAnsweredBy, assertError } from './lib/expect.mjs';
import { kKey, kRefusedEndpoint, scenarios } from './lib/scenario.mjs';
import {
  bytes, closes, completion, drips, errorEvent, gzipped, hang, json, raw, resets, says, status, thenCloses, truncated,
} from './lib/upstream.mjs';

const kHtml = { headers: { 'content-type': 'text/html' } };
const kJson = { headers: { 'content-type': 'application/json' } };

// Each is tried again at the same provider, then at the next.
const kUseless = {
  'a connection closed without an answer': closes,
  'a connection reset without an answer': resets,
  'bytes that are not HTTP': raw('\x16\x03\x01 this is no HTTP at all\r\n\r\n'),
  'half a head': raw('HTTP/1.1 200 OK\r\nContent-Ty'),
  'an answer cut short of its Content-Length': truncated(completion('half')),
  'a 200 without a body': bytes('', kJson),
  'a 200 that is not JSON': bytes('<html>Welcome to nginx!</html>', kHtml),
  'a 200 with half a JSON body': bytes('{"id":"chatcmpl-1","choices":[{"ind', kJson),
  'a 200 with a JSON array': bytes('[]', kJson),
  'a 200 without choices': json({ ...completion('x'), choices: [] }),
  'a 200 with an empty answer': json(completion('')),
  'a 200 with a null answer': json(completion(null)),
  'a 200 that holds a server error': json(errorEvent()),
  'a 200 that holds an overload': json({ error: { message: 'Overloaded', type: 'overloaded_error' } }),
  'a 200 with an error and empty choices': json({ ...completion('x'), choices: [], ...errorEvent() }),
};

scenarios('failover: useless answers', {}, (scenario) => {
  for (const [what, serve] of Object.entries(kUseless)) {
    scenario(`${what} is tried again, then switched`, {
      providers: { a: { serve, retry: 1 }, b: { serve: says('from b') } },
    }, async ({ chat, a }) => {
      const reply = await chat();
      assertAnsweredBy(reply, 'b', 3);
      assert.equal(reply.content, 'from b');
      assert.equal(a.requests.length, 2);
    });

    scenario(`${what} at the last provider is a 502`, {
      providers: { a: { serve, retry: 0 } },
    }, async ({ chat }) => assertError(await chat(), 502));
  }

  for (const [what, error] of Object.entries({
    'a rate limit': { type: 'rate_limit_error', code: 'rate_limit_exceeded' },
    'an exhausted quota': { type: 'insufficient_quota', code: 'insufficient_quota' },
  })) {
    scenario(`a 200 that holds ${what} counts as a 429`, {
      providers: { a: { serve: json({ error: { message: 'no more', ...error } }), retry: 3 },
        b: { serve: says('from b') } },
    }, async ({ chat, provider, a }) => {
      assertAnsweredBy(await chat(), 'b', 2);
      assert.equal(a.requests.length, 1);
      assert.equal((await provider('a')).available, false);
    });
  }

  scenario('a refused connection is tried again, then switched', {
    providers: { a: { endpoint: kRefusedEndpoint, api_key: kKey, retry: 1 }, b: { serve: says('from b') } },
  }, async ({ chat }) => assertAnsweredBy(await chat(), 'b', 3));

  scenario('a provider that hangs is tried again, then switched', {
    providers: { a: { serve: hang, timeout: 0.3, retry: 1 }, b: { serve: says('from b') } },
  }, async ({ chat, a }) => {
    assertAnsweredBy(await chat(), 'b', 3);
    assert.equal(a.requests.length, 2);
    await a.requests[0].aborted();
  });

  scenario('an answer that stops half way is given up after the silence', {
    providers: {
      a: { serve: ({ response }) => {
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': 1000 });
        response.write('{"id":');
      }, timeout: 0.3 },
      b: { serve: says('from b') },
    },
  }, async ({ chat, a }) => {
    assertAnsweredBy(await chat(), 'b', 2);
    await a.requests[0].aborted();
  });

  scenario('an https endpoint that speaks no TLS is switched', {
    providers: { a: { serve: says('plain'), upstream: { https: true } }, b: { serve: says('from b') } },
  }, async ({ chat, a }) => {
    assertAnsweredBy(await chat(), 'b', 2);
    assert.equal(a.requests.length, 0);
  });
});

// Each looks odd, but answers.
const kUseful = {
  'an empty answer that ran into its length limit': completion('', { finish_reason: 'length' }),
  'a tool call without text': completion(null, { finish_reason: 'tool_calls', message: {
    tool_calls: [{ id: 'call_1', type: 'function', function: { name: 'now', arguments: '{}' } }] } }),
  'a refusal': completion(null, { message: { refusal: 'I will not.' } }),
  'reasoning without text': completion('', { message: { reasoning_content: 'Hm.' } }),
  'an error member that is null': { ...completion('fine'), error: null },
  'a text in the second choice alone': { ...completion(''), choices: [
    completion('').choices[0], { ...completion('second').choices[0], index: 1 }] },
};

scenarios('failover: odd but good answers', {}, (scenario) => {
  for (const [what, body] of Object.entries(kUseful)) {
    scenario(`${what} is an answer`, {
      providers: { a: { serve: json(body) }, b: { serve: says('from b') } },
    }, async ({ chat, b }) => {
      const reply = await chat();
      assertAnsweredBy(reply, 'a', 1);
      assert.deepEqual(reply.json, body);
      assert.equal(b.requests.length, 0);
    });
  }

  scenario('an empty answer is an answer where the configuration says so', {
    providers: { a: { serve: json(completion('')), allow_empty: true }, b: { serve: says('from b') } },
  }, async ({ chat }) => assertAnsweredBy(await chat(), 'a', 1));

  scenario('an answer that drips is waited for, however long it takes in all', {
    providers: { a: { serve: drips(completion('drop by drop')), timeout: 5 }, b: { serve: says('from b') } },
  }, async ({ chat }) => {
    const reply = await chat();
    assertAnsweredBy(reply, 'a', 1);
    assert.equal(reply.content, 'drop by drop');
  });

  scenario('a compressed answer arrives readable', {
    providers: { a: { serve: gzipped(completion('packed')) }, b: { serve: says('from b') } },
  }, async ({ chat }) => {
    const reply = await chat();
    assertAnsweredBy(reply, 'a', 1);
    const text = reply.headers['content-encoding'] === 'gzip' ? zlib.gunzipSync(reply.bytes) : reply.bytes;
    assert.equal(JSON.parse(text).choices[0].message.content, 'packed');
  });

  scenario('an answer without Content-Length that ends with the connection is whole', {
    providers: {
      a: { serve: raw(`HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n${
        JSON.stringify(completion('until the end'))}`) },
      b: { serve: says('from b') },
    },
  }, async ({ chat }) => assert.equal((await chat()).content, 'until the end'));
});

scenarios('failover: connections that are kept', {}, (scenario) => {
  scenario('a kept connection that the provider has closed is no failure', {
    providers: { a: { serve: says('fine'), upstream: { closesReused: true } }, b: { serve: says('from b') } },
  }, async ({ chat, provider, a }) => {
    for (let round = 0; round < 4; ++round) assertAnsweredBy(await chat(), 'a', 1);
    assert.equal(a.requests.length, 4);
    assert.ok(a.staleRequests > 0, 'connections are kept for the next request');
    assert.equal((await provider('a')).available, true);
  });

  scenario('a provider that closes after each answer is asked on a new connection', {
    providers: { a: { serve: thenCloses(says('fine')) }, b: { serve: says('from b') } },
  }, async ({ chat }) => {
    for (let round = 0; round < 4; ++round) assertAnsweredBy(await chat(), 'a', 1);
  });

  scenario('a stream request finds a closed kept connection no failure either', {
    providers: { a: { serve: says('fine'), upstream: { closesReused: true } }, b: { serve: says('from b') } },
  }, async ({ stream }) => {
    for (let round = 0; round < 3; ++round) {
      const answer = await stream();
      assert.equal(answer.headers['x-gateway-provider'], 'a');
      await answer.rest();
    }
  });

  scenario('a kept connection serves the next request', {
    providers: { a: { serve: says('fine') } },
  }, async ({ chat, a }) => {
    await chat();
    await chat();
    assert.equal(a.requests[1].onConnection, 2);
  });

  scenario('after a failed attempt a connection is not used again', {
    providers: { a: { serve: [status(500), hang, says('fine')], timeout: 0.3, retry: 2 } },
  }, async ({ chat, a }) => {
    assert.equal((await chat()).content, 'fine');
    assert.equal(a.requests[2].onConnection, 1, 'a connection with a half-read answer is gone');
  });
});
