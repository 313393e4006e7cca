// Streams that go through: what is held back, when a switch is still invisible, and how a stream breaks off.
import assert from 'node:assert/strict';
import crypto from 'node:crypto';

import { textOf } from './lib/client.mjs';
import { assertAnsweredBy, assertBrokenOff, assertError, assertWhole } from './lib/expect.mjs';
import { scenarios } from './lib/scenario.mjs';
import {
  chunk, cut, errorEvent, event, hang, hold, kDone, pingsForEver, reset, says, saysInEvents, sse, status, toolCallChunk,
    usageChunk,
} from './lib/upstream.mjs';

const kRole = chunk({ role: 'assistant', content: '' });
const kStop = chunk({}, { finish_reason: 'stop' });

scenarios('streams: passing through', {}, (scenario) => {
  const odd = ': a comment first\n\n' + event(kRole) +
    'event: message\nid: 7\ndata:{ "id":"x","object":"chat.completion.chunk","n":1.0,"choices":[{"index":0,' +
    '"delta":{"content":"caf\\u00e9 \u00e9 \u{1f600}","unknown":[1,2]},"finish_reason":null}] }\n\n' +
    event(kStop) + kDone;
  for (const [what, text] of Object.entries({ LF: odd, CRLF: odd.replaceAll('\n', '\r\n') })) {
    scenario(`bytes arrive unchanged, with ${what}`, { providers: { a: { serve: sse(text) } } }, async ({ chat }) => {
      const reply = await chat({ stream: true });
      assertAnsweredBy(reply, 'a', 1);
      assert.match(reply.headers['content-type'], /^text\/event-stream/);
      assert.equal(reply.text, text);
    });
  }

  scenario('an event that comes in single bytes arrives whole', {
    providers: { a: { serve: sse(...Buffer.from(odd).toString('latin1').split('').map((c) =>
      Buffer.from(c, 'latin1'))) } },
  }, async ({ chat }) => assert.equal((await chat({ stream: true })).text, odd));

  scenario('each event is sent on as it comes', {
    providers: { a: { serve: sse(kRole, chunk({ content: 'one' }), hold, chunk({ content: 'two' }), hold, kStop,
      kDone) } },
  }, async ({ stream, a }) => {
    const answer = await stream();
    assert.equal((await answer.nextEvent()).json.choices[0].delta.role, 'assistant');
    assert.equal((await answer.nextEvent()).json.choices[0].delta.content, 'one');
    a.release();
    assert.equal((await answer.nextEvent()).json.choices[0].delta.content, 'two');
    a.release();
    assertWhole(await answer.rest());
  });

  scenario('an event of 20 MB on one line arrives as it is', {
    providers: { a: { serve: sse(chunk({ content: 'x'.repeat(20 * 1024 * 1024) }), kStop, kDone) } },
  }, async ({ chat }) => {
    const reply = await chat({ stream: true });
    const sent = event(chunk({ content: 'x'.repeat(20 * 1024 * 1024) })) + event(kStop) + kDone;
    assert.equal(reply.bytes.length, sent.length);
    assert.equal(digest(reply.bytes), digest(sent));
  });
});

// Each must go out at once, since it means that the provider has begun to answer.
const kMeaningful = {
  text: chunk({ content: 'Hello' }),
  reasoning_content: chunk({ reasoning_content: 'Let me think' }),
  reasoning: chunk({ reasoning: 'Let me think' }),
  'a tool call': toolCallChunk(0, { id: 'call_1', name: 'now', args: '' }),
  'a refusal': chunk({ refusal: 'No' }),
  'text in the second choice': chunk({ content: 'Hello' }, { index: 1 }),
  'the length limit': chunk({}, { finish_reason: 'length' }),
};

scenarios('streams: the first meaningful event', {}, (scenario) => {
  for (const [what, body] of Object.entries(kMeaningful)) {
    scenario(`${what} lets the answer begin`, {
      providers: { a: { serve: sse(': ping\n\n', kRole, body, hold, kStop, kDone) }, b: { serve: says('from b') } },
    }, async ({ stream, a }) => {
      const answer = await stream();
      assertAnsweredBy(answer, 'a', 1);
      assert.deepEqual((await answer.nextEvent()).json, kRole);
      assert.deepEqual((await answer.nextEvent()).json, body);
      a.release();
      assertWhole(await answer.rest());
    });
  }

  // What a provider may do after it has said nothing yet.
  const breaks = {
    'an error event': [errorEvent()],
    'an error event with a name': [`event: error\n${event(errorEvent())}`],
    'a connection that closes': [cut],
    'a connection that is reset': [reset],
    'an end without [DONE]': [],
    'an end without content': [kStop, kDone],
    'nothing but [DONE]': [kDone],
    'an event that is not JSON': ['data: {"id": oops\n\n'],
    'silence': [hold],
    'pings for ever': [pingsForEver],
  };
  for (const [what, steps] of Object.entries(breaks)) {
    scenario(`${what} before it is switched, and the client does not notice`, {
      providers: {
        a: { serve: sse(': ping\n\n', kRole, chunk({}), chunk({ content: '' }), ...steps), first_token_timeout: 0.5 },
        b: { serve: saysInEvents(['from ', 'b']) },
      },
    }, async ({ stream }) => {
      const answer = await stream();
      assertAnsweredBy(answer, 'b', 2);
      const events = await answer.rest();
      assertWhole(events);
      assert.equal(textOf(events), 'from b');
      assert.equal(events.filter(({ data }) => data.includes('"role"')).length, 1,
        'nothing of the first answer is left');
    });
  }

  scenario('a status arrives as a switch, too', {
    providers: { a: { serve: status(503), retry: 1 }, b: { serve: saysInEvents(['from b']) } },
  }, async ({ stream }) => {
    const answer = await stream();
    assertAnsweredBy(answer, 'b', 3);
    assert.equal(textOf(await answer.rest()), 'from b');
  });

  scenario('an empty stream is an answer where the configuration says so', {
    providers: { a: { serve: sse(kRole, kStop, kDone), allow_empty: true }, b: { serve: says('from b') } },
  }, async ({ stream }) => {
    const answer = await stream();
    assertAnsweredBy(answer, 'a', 1);
    assertWhole(await answer.rest());
  });
});

scenarios('streams: an error as the first event', {}, (scenario) => {
  scenario('counts as a 5xx: it is tried again', {
    providers: { a: { serve: [sse(errorEvent()), says('recovered')], retry: 1 }, b: { serve: says('from b') } },
  }, async ({ stream }) => {
    const answer = await stream();
    assertAnsweredBy(answer, 'a', 2);
    assert.equal(textOf(await answer.rest()), 'recovered');
  });

  for (const code of ['rate_limit_exceeded', 'insufficient_quota']) {
    scenario(`counts as a 429 when it says ${code}`, {
      providers: {
        a: { serve: sse(kRole, errorEvent({ type: code, code, message: 'no more' })), retry: 3 },
          b: { serve: says('from b') },
      },
    }, async ({ stream, provider, a }) => {
      const answer = await stream();
      assertAnsweredBy(answer, 'b', 2);
      await answer.rest();
      assert.equal(a.requests.length, 1);
      assert.equal((await provider('a')).available, false);
    });
  }

  scenario('reaches the client when it is the client\'s mistake', {
    providers: {
      a: { serve: sse(errorEvent({ type: 'invalid_request_error', message: 'too many tools' })), retry: 3 },
      b: { serve: says('from b') },
    },
  }, async ({ chat, b }) => {
    assert.match(assertError(await chat({ stream: true }), 400).message, /too many tools/);
    assert.equal(b.requests.length, 0);
  });

  scenario('of everybody is a 502', {
    providers: { a: { serve: sse(errorEvent()) }, b: { serve: sse(cut) } },
  }, async ({ chat }) => assertError(await chat({ stream: true }), 502));

  scenario('time without a first token at everybody is a 504', {
    providers: { a: { serve: sse(kRole, hold), first_token_timeout: 0.3 },
      b: { serve: hang, first_token_timeout: 0.3 } },
  }, async ({ chat }) => assertError(await chat({ stream: true }), 504));
});

scenarios('streams: broken after the beginning', {}, (scenario) => {
  const breaks = {
    'a connection that closes': [hold, cut],
    'a connection that is reset': [hold, reset],
    'an end without a finish reason': [],
    'an error event': [errorEvent({ message: 'the GPU fell off' })],
    'silence': [hold],
    'an event that is not JSON': ['data: {"id": oops\n\n', hold],
  };
  for (const [what, steps] of Object.entries(breaks)) {
    scenario(`${what} ends the stream with an error event`, {
      providers: { a: { serve: sse(kRole, chunk({ content: 'so far' }), ...steps), timeout: 0.5, retry: 3 },
        b: { serve: says('b') } },
    }, async ({ stream, stats, a, b }) => {
      const answer = await stream();
      assertAnsweredBy(answer, 'a', 1);
      await answer.nextEvent();
      const { json } = await answer.nextEvent();
      assert.equal(json.choices[0].delta.content, 'so far');
      if (what.startsWith('a connection')) a.release();
      const events = await answer.rest();
      assertBrokenOff(events);
      assert.equal(a.requests.length, 1);
      assert.equal(b.requests.length, 0);
      assert.equal((await stats()).a.errors, 1);
    });
  }

  scenario('comments do not count as life', {
    providers: { a: { serve: sse(chunk({ content: 'so far' }), pingsForEver), idle_timeout: 0.5 },
      b: { serve: says('b') } },
  }, async ({ stream, a }) => {
    const answer = await stream();
    assert.equal((await answer.nextEvent()).json.choices[0].delta.content, 'so far');
    assertBrokenOff(await answer.rest());
    await a.requests[0].aborted();
  });

  scenario('an end without [DONE] after the finish reason is no failure', {
    providers: { a: { serve: sse(chunk({ content: 'all' }), kStop) } },
  }, async ({ stream }) => {
    const events = await (await stream()).rest();
    assert.equal(textOf(events), 'all');
    assert.ok(!events.some(({ data }) => data !== '[DONE]' && JSON.parse(data).error));
  });
});

scenarios('streams: usage', {}, (scenario) => {
  scenario('is asked for, counted, and hidden from a client that did not ask', {
    providers: { a: { serve: saysInEvents(['hello']) } },
  }, async ({ stream, stats, a }) => {
    const events = await (await stream()).rest();
    assertWhole(events);
    assert.equal(a.requests[0].json.stream_options?.include_usage, true);
    assert.ok(!events.some(({ data }) => data.includes('"usage"')));
    assert.equal((await stats()).a.tokens, 12);
  });

  scenario('is shown to a client that asked', {
    providers: { a: { serve: saysInEvents(['hello']) } },
  }, async ({ stream, stats }) => {
    const events = await (await stream({ stream_options: { include_usage: true } })).rest();
    assertWhole(events);
    assert.deepEqual(events.at(-2).json, usageChunk());
    assert.equal((await stats()).a.tokens, 12);
  });

  scenario('is hidden from a client that asked for none, whose other options stay', {
    providers: { a: { serve: saysInEvents(['hello']) } },
  }, async ({ stream, a }) => {
    const events = await (await stream({ stream_options: { include_usage: false,
      include_obfuscation: false } })).rest();
    assert.ok(!events.some(({ data }) => data.includes('"usage"')));
    assert.deepEqual(a.requests[0].json.stream_options, { include_usage: true, include_obfuscation: false });
  });

  scenario('is not asked for again where the option is rejected', {
    providers: {
      a: { serve: (exchange) => (exchange.record.json.stream_options
        ? status(400, { message: 'Unrecognized request argument supplied: stream_options',
          type: 'invalid_request_error' })
        : saysInEvents(['fine']))(exchange) },
      b: { serve: says('from b') },
    },
  }, async ({ stream, stats, a, b }) => {
    for (let round = 0; round < 2; ++round) {
      const answer = await stream();
      assert.equal(answer.headers['x-gateway-provider'], 'a');
      assert.equal(textOf(await answer.rest()), 'fine');
    }
    assert.deepEqual(a.requests.map(({ json }) => json.stream_options !== undefined), [true, false, false]);
    assert.equal(b.requests.length, 0);
    assert.ok((await stats()).a.tokens > 0, 'tokens are estimated');
  });
});

function digest(bytes) {
  return crypto.createHash('sha256').update(bytes).digest('hex');
}
