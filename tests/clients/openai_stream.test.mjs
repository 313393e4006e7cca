// The official OpenAI client and the gateway's streams.
import assert from 'node:assert/strict';

import OpenAI from 'openai';
import { zodResponseFormat } from 'openai/helpers/zod';
import { z } from 'zod';

import { scenarios } from '../e2e/lib/scenario.mjs';
import {
  chunk, completion, cut, errorEvent, hang, hold, json, kDone, kUsage, saysInEvents, sse, toolCallChunk,
} from '../e2e/lib/upstream.mjs';
import { kGlobal, kMessages, kToolCall, weatherTool, withClient } from './lib/openai.mjs';

const kStreaming = {
  'a provider that streams': saysInEvents(['Hello ', 'back']),
  'a provider that does not': json(completion('Hello back')),
};

scenarios('openai: streams', kGlobal, (plain) => {
  const scenario = withClient(plain);

  for (const [what, serve] of Object.entries(kStreaming)) {
    const provider = { serve, stream_support: what === 'a provider that streams' };

    scenario(`chunks from ${what}`, { providers: { a: provider } }, async ({ client, model }) => {
      const stream = await client.chat.completions.create({ model, messages: kMessages, stream: true });
      let text = '';
      let finish = null;
      for await (const { choices } of stream) {
        assert.equal(choices.length, 1, 'no usage chunk unless asked for');
        text += choices[0].delta.content ?? '';
        finish = choices[0].finish_reason ?? finish;
      }
      assert.equal(text, 'Hello back');
      assert.equal(finish, 'stop');
    });

    scenario(`usage from ${what}`, { providers: { a: provider } }, async ({ client, model }) => {
      const stream = await client.chat.completions.create({ model, messages: kMessages, stream: true,
        stream_options: { include_usage: true } });
      let last;
      for await (const one of stream) last = one;
      assert.deepEqual(last.choices, []);
      assert.deepEqual(last.usage, kUsage);
    });

    scenario(`the helper's final answer from ${what}`, { providers: { a: provider } }, async ({ client, model }) => {
      const deltas = [];
      const stream = client.chat.completions.stream({ model, messages: kMessages,
        stream_options: { include_usage: true } })
        .on('content', (delta) => deltas.push(delta));
      const answer = await stream.finalChatCompletion();
      assert.equal(answer.choices[0].message.content, 'Hello back');
      assert.equal(answer.usage.total_tokens, 12);
      assert.equal(deltas.join(''), 'Hello back');
    });
  }

  const toolStream = sse(chunk({ role: 'assistant', content: null }),
    toolCallChunk(0, { id: 'call_1', name: 'weather', args: '' }),
    toolCallChunk(0, { args: '{"city":' }), toolCallChunk(0, { args: '"Köln"}' }),
      chunk({}, { finish_reason: 'tool_calls' }), kDone);
  for (const [what, provider] of Object.entries({
    'a stream': { serve: [toolStream, saysInEvents(['It ', 'rains.'])] },
    'an answer as JSON': { stream_support: false, serve: [
      json(completion(null, { finish_reason: 'tool_calls', message: { tool_calls: [kToolCall] } })),
        json(completion('It rains.'))] },
  })) {
    scenario(`tool calls put together by the client from ${what}`, { providers: { a: provider } },
      async ({ client, model, a }) => {
      const calls = [];
      const runner = client.chat.completions.runTools({ model, messages: kMessages, stream: true,
        tools: [weatherTool(calls)] });
      assert.equal(await runner.finalContent(), 'It rains.');
      assert.deepEqual(calls, ['Köln']);
      assert.equal(a.requests[1].json.messages.at(-1).content, 'rain');
    });
  }

  scenario('structured output', {
    providers: { a: { serve: saysInEvents(['{"city":', '"Köln"}']) } },
  }, async ({ client, model }) => {
    const stream = client.chat.completions.stream({ model, messages: kMessages,
      response_format: zodResponseFormat(z.object({ city: z.string() }), 'place') });
    assert.deepEqual((await stream.finalChatCompletion()).choices[0].message.parsed, { city: 'Köln' });
  });

  scenario('a switch before the first token is invisible', {
    providers: { a: { serve: sse(chunk({ role: 'assistant', content: '' }), cut) },
      b: { serve: saysInEvents(['Hello ', 'back']) } },
  }, async ({ client, model }) => {
    const stream = client.chat.completions.stream({ model, messages: kMessages });
    assert.equal(await stream.finalContent(), 'Hello back');
  });

  for (const [what, step] of Object.entries({ 'a cut': cut, 'an error event': errorEvent() })) {
    scenario(`${what} in the middle is an error, not an end`, {
      providers: { a: { serve: sse(chunk({ role: 'assistant', content: 'Hello ' }), hold, step) } },
    }, async ({ client, model, a }) => {
      const stream = await client.chat.completions.create({ model, messages: kMessages, stream: true });
      await assert.rejects(async () => {
        for await (const { choices } of stream) {
          assert.equal(choices[0].delta.content, 'Hello ');
          a.release();
        }
      }, OpenAI.APIError);
    });
  }

  scenario('abort in the middle reaches the provider', {
    providers: { a: { serve: sse(chunk({ role: 'assistant', content: 'Hello ' }), hold) } },
  }, async ({ client, model, a }) => {
    const stream = await client.chat.completions.create({ model, messages: kMessages, stream: true });
    for await (const { choices } of stream) {
      assert.equal(choices[0].delta.content, 'Hello ');
      break;  // leaving the loop aborts
    }
    await a.requests[0].aborted();
  });

  scenario('abort before the first token reaches the provider', { providers: { a: { serve: hang } } },
    async ({ client, model, a }) => {
    const controller = new AbortController();
    const answer = client.chat.completions.create({ model, messages: kMessages, stream: true },
      { signal: controller.signal });
    const failed = assert.rejects(answer, OpenAI.APIUserAbortError);
    const request = await a.request(1);
    controller.abort();
    await failed;
    await request.aborted();
  });
});
