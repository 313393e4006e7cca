// From a provider's JSON to a client's stream, and from a provider's stream to a client's JSON.
import assert from 'node:assert/strict';

import { textOf } from './lib/client.mjs';
import { assertAnsweredBy, assertBrokenOff, assertError, assertWhole } from './lib/expect.mjs';
import { scenarios } from './lib/scenario.mjs';
import {
  chunk, completion, cut, errorEvent, hang, json, kDone, kUsage, says, saysInEvents, sse, status, toolCallChunk,
    usageChunk,
} from './lib/upstream.mjs';

const kRole = chunk({ role: 'assistant', content: '' });
const kStop = chunk({}, { finish_reason: 'stop' });
const kLogprobs = { content: [
  { token: 'Hel', logprob: -0.5, bytes: [72, 101, 108], top_logprobs: [] },
  { token: 'lo', logprob: -0.25, bytes: [108, 111], top_logprobs: [] },
], refusal: null };
const kToolCalls = [
  { id: 'call_1', type: 'function', function: { name: 'weather', arguments: '{"city":"Köln"}' } },
  { id: 'call_2', type: 'function', function: { name: 'time', arguments: '{"zone":"CET"}' } },
];

// The chunks' JSON, without `[DONE]`.
function chunksOf(events) {
  assertWhole(events);
  return events.slice(0, -1).map((event) => event.json);
}

// The last finish reason of a choice.
function finishOf(chunks, index = 0) {
  const choices = chunks.flatMap((one) => one.choices);
  return choices.filter((choice) => choice.index === index && choice.finish_reason).at(-1)?.finish_reason;
}

// The tool calls of a choice, put together as a client does it.
function toolCallsOf(chunks) {
  const calls = [];
  for (const { delta } of chunks.flatMap(({ choices }) => choices)) {
    for (const piece of delta.tool_calls ?? []) {
      calls[piece.index] ??= { id: piece.id, type: piece.type, function: { name: piece.function.name, arguments: '' } };
      calls[piece.index].function.arguments += piece.function.arguments ?? '';
    }
  }
  return calls;
}

scenarios('conversion: JSON to a stream', {}, (scenario) => {
  scenario('text comes as role, content, finish reason and [DONE]', {
    providers: { a: { serve: json(completion('Grüße aus 東京 😀')), stream_support: false } },
  }, async ({ stream, a }) => {
    const answer = await stream();
    assertAnsweredBy(answer, 'a', 1);
    assert.match(answer.headers['content-type'], /^text\/event-stream/);
    const events = await answer.rest();
    const chunks = chunksOf(events);
    assert.equal(chunks[0].choices[0].delta.role, 'assistant');
    assert.equal(textOf(events), 'Grüße aus 東京 😀');
    assert.equal(finishOf(chunks), 'stop');
    for (const one of chunks) {
      assert.equal(one.object, 'chat.completion.chunk');
      assert.equal(one.id, 'chatcmpl-e2e');
      assert.equal(one.created, 1700000000);
      assert.ok(one.choices.length > 0 && !one.usage, 'no usage chunk unless it is asked for');
    }
    assert.ok(!a.requests[0].json.stream, 'the provider is not asked to stream');
    assert.equal(a.requests[0].json.stream_options, undefined);
  });

  scenario('usage comes in a chunk of its own if it is asked for', {
    providers: { a: { serve: json(completion('hello')), stream_support: false } },
  }, async ({ stream, stats }) => {
    const chunks = chunksOf(await (await stream({ stream_options: { include_usage: true } })).rest());
    assert.deepEqual(chunks.at(-1).choices, []);
    assert.deepEqual(chunks.at(-1).usage, kUsage);
    assert.equal((await stats()).a.tokens, 12);
  });

  scenario('tool calls keep their order, ids and arguments', {
    providers: { a: { serve: json(completion(null, { finish_reason: 'tool_calls',
      message: { tool_calls: kToolCalls } })),
      stream_support: false } },
  }, async ({ stream }) => {
    const chunks = chunksOf(await (await stream()).rest());
    assert.deepEqual(toolCallsOf(chunks), kToolCalls);
    assert.equal(finishOf(chunks), 'tool_calls');
  });

  scenario('every choice keeps its index and its finish reason', {
    providers: { a: { serve: json({ ...completion('x'), choices: [
      { index: 0, message: { role: 'assistant', content: 'first' }, finish_reason: 'stop' },
      { index: 1, message: { role: 'assistant', content: 'second' }, finish_reason: 'length' },
    ] }), stream_support: false } },
  }, async ({ stream }) => {
    const events = await (await stream({ n: 2 })).rest();
    assert.deepEqual([textOf(events, 0), textOf(events, 1)], ['first', 'second']);
    const chunks = chunksOf(events);
    assert.deepEqual([finishOf(chunks, 0), finishOf(chunks, 1)], ['stop', 'length']);
  });

  for (const member of ['reasoning_content', 'refusal']) {
    scenario(`${member} comes in its own delta`, {
      providers: { a: { serve: json(completion('x', { message: { [member]: 'because' } })), stream_support: false } },
    }, async ({ stream }) => {
      const chunks = chunksOf(await (await stream()).rest());
      assert.equal(chunks.flatMap(({ choices }) => choices).map(({ delta }) => delta[member] ?? '').join(''),
        'because');
    });
  }

  scenario('log probabilities are kept', {
    providers: { a: { serve: json({ ...completion('x'), choices: [
      { index: 0, message: { role: 'assistant', content: 'Hello' }, logprobs: kLogprobs, finish_reason: 'stop' }] }),
      stream_support: false } },
  }, async ({ stream }) => {
    const chunks = chunksOf(await (await stream({ logprobs: true })).rest());
    const tokens = chunks.flatMap(({ choices }) => choices).flatMap(({ logprobs }) => logprobs?.content ?? []);
    assert.deepEqual(tokens, kLogprobs.content);
  });

  scenario('a failing provider is switched before anything is sent', {
    providers: { a: { serve: status(500), stream_support: false },
      b: { serve: json(completion('from b')), stream_support: false } },
  }, async ({ stream }) => {
    const answer = await stream();
    assertAnsweredBy(answer, 'b', 2);
    assert.equal(textOf(await answer.rest()), 'from b');
  });

  scenario('a provider that answers JSON although a stream was asked for is converted', {
    providers: { a: { serve: json(completion('surprise')) } },
  }, async ({ stream, stats }) => {
    const answer = await stream();
    assert.match(answer.headers['content-type'], /^text\/event-stream/);
    const events = await answer.rest();
    assertWhole(events);
    assert.equal(textOf(events), 'surprise');
    assert.equal((await stats()).a.tokens, 12);
  });

  scenario('a JSON error in a 200 for a stream is switched', {
    providers: { a: { serve: json(errorEvent()) }, b: { serve: says('from b') } },
  }, async ({ stream }) => {
    const answer = await stream();
    assertAnsweredBy(answer, 'b', 2);
    assert.equal(textOf(await answer.rest()), 'from b');
  });
});

scenarios('conversion: a stream to JSON', {}, (scenario) => {
  const converted = { non_stream_support: false };

  scenario('text, finish reason and usage are put together', {
    providers: { a: { serve: saysInEvents(['Grüße ', 'aus ', '東京']), ...converted } },
  }, async ({ chat, stats, a }) => {
    const reply = await chat();
    assertAnsweredBy(reply, 'a', 1);
    assert.match(reply.headers['content-type'], /^application\/json/);
    const { object, id, created, model, choices, usage } = reply.json;
    assert.deepEqual({ object, id, created, model },
      { object: 'chat.completion', id: 'chatcmpl-e2e', created: 1700000000, model: 'upstream-model' });
    assert.equal(choices.length, 1);
    assert.equal(choices[0].index, 0);
    assert.equal(choices[0].message.role, 'assistant');
    assert.equal(choices[0].message.content, 'Grüße aus 東京');
    assert.equal(choices[0].finish_reason, 'stop');
    assert.deepEqual(usage, kUsage);
    assert.equal(a.requests[0].json.stream, true);
    assert.equal(a.requests[0].json.stream_options?.include_usage, true);
    assert.equal((await stats()).a.tokens, 12);
  });

  scenario('tool calls are put together by index, however their pieces are mixed', {
    providers: { a: { serve: sse(chunk({ role: 'assistant', content: null }),
      toolCallChunk(0, { id: 'call_1', name: 'weather', args: '' }),
      toolCallChunk(1, { id: 'call_2', name: 'time', args: '{"zone"' }),
      toolCallChunk(0, { args: '{"city":' }),
      toolCallChunk(1, { args: ':"CET"}' }),
      toolCallChunk(0, { args: '"Köln"}' }),
      chunk({}, { finish_reason: 'tool_calls' }), kDone), ...converted } },
  }, async ({ chat }) => {
    const [choice] = (await chat()).json.choices;
    assert.deepEqual(choice.message.tool_calls, kToolCalls);
    assert.equal(choice.message.content, null);
    assert.equal(choice.finish_reason, 'tool_calls');
  });

  scenario('choices are put together by index', {
    providers: { a: { serve: sse(
      chunk({ role: 'assistant', content: 'se' }, { index: 1 }),
      chunk({ role: 'assistant', content: 'fir' }),
      chunk({ content: 'cond' }, { index: 1 }),
      chunk({ content: 'st' }),
      chunk({}, { finish_reason: 'length', index: 1 }), kStop, kDone),
      ...converted } },
  }, async ({ chat }) => {
    const { choices } = (await chat({ n: 2 })).json;
    assert.deepEqual(choices.map(({ index, message, finish_reason }) => [index, message.content, finish_reason]),
      [[0, 'first', 'stop'], [1, 'second', 'length']]);
  });

  for (const member of ['reasoning_content', 'refusal']) {
    scenario(`${member} is put together`, {
      providers: { a: { serve: sse(kRole, chunk({ [member]: 'be' }), chunk({ [member]: 'cause' }),
        chunk({ content: 'so' }), kStop, kDone),
        ...converted } },
    }, async ({ chat }) => {
      const { message } = (await chat()).json.choices[0];
      assert.equal(message[member], 'because');
      assert.equal(message.content, 'so');
    });
  }

  scenario('log probabilities are put together', {
    providers: { a: { serve: sse(kRole,
      chunk({ content: 'Hel' }, { choice: { logprobs: { content: [kLogprobs.content[0]], refusal: null } } }),
      chunk({ content: 'lo' }, { choice: { logprobs: { content: [kLogprobs.content[1]], refusal: null } } }),
      kStop, kDone), ...converted } },
  }, async ({ chat }) => assert.deepEqual((await chat({ logprobs: true })).json.choices[0].logprobs.content,
    kLogprobs.content));

  scenario('a client that streams gets the stream as it is', {
    providers: { a: { serve: saysInEvents(['as ', 'it is']), ...converted } },
  }, async ({ stream }) => assert.equal(textOf(await (await stream()).rest()), 'as it is'));

  for (const [what, steps] of Object.entries({
    'a cut': [cut], 'an error event': [errorEvent()], 'an end without a finish reason': [],
  })) {
    scenario(`${what} in the middle is switched, since nothing has been sent`, {
      providers: { a: { serve: sse(kRole, chunk({ content: 'half an' }), ...steps), ...converted },
        b: { serve: says('from b') } },
    }, async ({ chat }) => {
      const reply = await chat();
      assertAnsweredBy(reply, 'b', 2);
      assert.equal(reply.content, 'from b');
    });
  }

  scenario('a cut at the last provider is a 502 and not half an answer', {
    providers: { a: { serve: sse(kRole, chunk({ content: 'half an' }), cut), ...converted } },
  }, async ({ chat }) => assertError(await chat(), 502));

  scenario('a provider that streams although JSON was asked for is converted', {
    providers: { a: { serve: sse(kRole, chunk({ content: 'sur' }), chunk({ content: 'prise' }), kStop, usageChunk(),
      kDone) } },
  }, async ({ chat, stats }) => {
    const reply = await chat();
    assertAnsweredBy(reply, 'a', 1);
    assert.equal(reply.content, 'surprise');
    assert.deepEqual(reply.json.usage, kUsage);
    assert.equal((await stats()).a.tokens, 12);
  });

  const textChunk = (text, finish_reason = null) => ({ id: 'cmpl-1', object: 'text_completion', created: 1, model: 'm',
    choices: [{ index: 0, text, logprobs: null, finish_reason }] });
  scenario('text completions are put together, too', {
    providers: { a: { serve: sse(textChunk('one '), textChunk('two', 'stop'), kDone), ...converted } },
  }, async ({ post }) => {
    const reply = await post('/v1/completions', { prompt: 'count' });
    assert.equal(reply.status, 200, reply.text);
    assert.equal(reply.json.object, 'text_completion');
    assert.equal(reply.json.choices[0].text, 'one two');
    assert.equal(reply.json.choices[0].finish_reason, 'stop');
  });
});

scenarios('streams: keep-alive comments', { global: { stream_keepalive: 0.1 } }, (scenario) => {
  const afterTheComment = (answer) => async (exchange) => {
    await Promise.race([exchange.upstream.waitForRelease(), exchange.record.closed]);
    await answer(exchange);
  };

  scenario('come while a client waits for its first event', {
    providers: { a: { serve: afterTheComment(saysInEvents(['at last'])) } },
  }, async ({ stream, a }) => {
    const answer = await stream();
    assert.equal(answer.status, 200);
    assert.notEqual((await answer.next()).comment, undefined);
    a.release();
    const events = await answer.rest();
    assertWhole(events);
    assert.equal(textOf(events), 'at last');
  });

  scenario('do not prevent a switch', {
    providers: { a: { serve: afterTheComment(status(503)) }, b: { serve: says('from b') } },
  }, async ({ stream, a }) => {
    const answer = await stream();
    assert.notEqual((await answer.next()).comment, undefined);
    a.release();
    const events = await answer.rest();
    assertWhole(events);
    assert.equal(textOf(events), 'from b');
  });

  scenario('turn a later total failure into an error event', {
    providers: { a: { serve: afterTheComment(status(500)) }, b: { serve: hang, timeout: 0.3 } },
  }, async ({ stream, a }) => {
    const answer = await stream();
    assert.equal(answer.status, 200);
    assert.notEqual((await answer.next()).comment, undefined);
    a.release();
    assertBrokenOff(await answer.rest());
  });
});
