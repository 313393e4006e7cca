// The official OpenAI client, Chat and Responses, over each vendor: it must see no difference from OpenAI itself.
import assert from 'node:assert/strict';

import OpenAI from 'openai';
import { zodResponseFormat, zodTextFormat } from 'openai/helpers/zod';
import { z } from 'zod';

import { scenarios } from '../e2e/lib/scenario.mjs';
import { kGlobal, kMessages, weatherTool, withClient } from './lib/openai.mjs';
import { kTokens, kVendorNames, kVendors } from './lib/vendors.mjs';

const kAnswer = { thinking: 'Let me think.', text: 'Grüße aus Köln 🌧', usage: kTokens };
const kCall = { calls: [{ id: 'call_1', name: 'weather', args: { city: 'Köln', days: [1, 2] } }] };
const kTwoCalls = { calls: [{ id: 'call_1', name: 'weather', args: { city: 'Köln' } },
  { id: 'call_2', name: 'weather', args: { city: 'Bonn' } }] };
const kWeather = z.object({ city: z.string(), degrees: z.number() });
const kSummary = '{"city":"Köln","degrees":7.5}';
const kCapable = { capabilities: { structured_outputs: true, json_schema_tools: true, reasoning_model: true,
  thinking: 'budget' } };
const kTools = [{ type: 'function', function: { name: 'weather', description: 'The weather of a city',
  parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] } } }];

// The client fills in `output_text` for whole answers only.
function textOf(response) {
  return response.output.filter((item) => item.type === 'message').flatMap((item) => item.content)
    .map((part) => part.text).join('');
}

function serves(vendor, answer, members = {}) {
  return { providers: { a: { ...kVendors[vendor].entry, ...members, serve: [answer].flat().map(kVendors[vendor].says) } } };
}

for (const vendor of kVendorNames) {
  scenarios(`openai chat over ${vendor}`, kGlobal, (plain) => {
    const scenario = withClient(plain);

    scenario('an answer with its usage', serves(vendor, kAnswer), async ({ client, model, a }) => {
      const answer = await client.chat.completions.create({ model, messages: kMessages });
      assert.equal(answer.object, 'chat.completion');
      assert.equal(answer.choices[0].message.content, kAnswer.text);
      assert.equal(answer.choices[0].message.reasoning_content, kAnswer.thinking);
      assert.equal(answer.choices[0].finish_reason, 'stop');
      assert.equal(answer.usage.prompt_tokens, kTokens.prompt);
      assert.equal(answer.usage.prompt_tokens_details.cached_tokens, kTokens.cached);
      assert.equal(answer.usage.total_tokens, kTokens.prompt + kTokens.output);
      assert.match(a.requests[0].path, kVendors[vendor].path);
    });

    scenario('a stream, accumulated by the client', serves(vendor, kAnswer), async ({ client, model }) => {
      const stream = client.chat.completions.stream({ model, messages: kMessages,
        stream_options: { include_usage: true } });
      const deltas = [];
      stream.on('content', (delta) => deltas.push(delta));
      const answer = await stream.finalChatCompletion();
      assert.equal(answer.choices[0].message.content, kAnswer.text);
      assert.equal(deltas.join(''), kAnswer.text);
      assert.ok(deltas.length > 1, 'the text came in pieces');
      assert.equal(answer.choices[0].finish_reason, 'stop');
      assert.equal((await stream.totalUsage()).total_tokens, kTokens.prompt + kTokens.output);
    });

    scenario('calls in a stream', serves(vendor, kTwoCalls), async ({ client, model }) => {
      const stream = client.chat.completions.stream({ model, messages: kMessages, tools: kTools });
      const { message, finish_reason: reason } = (await stream.finalChatCompletion()).choices[0];
      assert.equal(reason, 'tool_calls');
      assert.deepEqual(message.tool_calls.map((call) => [call.id, call.function.name,
        JSON.parse(call.function.arguments)]), kTwoCalls.calls.map(({ id, name, args }) => [id, name, args]));
    });

    scenario('a loop of tool calls', serves(vendor, [kCall, { text: 'It rains in Köln.' }]),
      async ({ client, model, a }) => {
        const called = [];
        const runner = client.chat.completions.runTools({ model, messages: kMessages, tools: [weatherTool(called)],
          stream: true });
        assert.equal(await runner.finalContent(), 'It rains in Köln.');
        assert.deepEqual(called, ['Köln']);
        assert.match(JSON.stringify(a.requests[1].json), /rain/, 'the result reached the provider');
      });

    scenario('structured output', serves(vendor, { text: kSummary }, kCapable), async ({ client, model, a }) => {
      const answer = await client.chat.completions.parse({ model, messages: kMessages,
        response_format: zodResponseFormat(kWeather, 'weather') });
      assert.deepEqual(answer.choices[0].message.parsed, JSON.parse(kSummary));
      assert.match(JSON.stringify(a.requests[0].json), /"degrees"/, 'the schema reached the provider');
    });

    scenario('an answer that is cut by a limit', serves(vendor, { text: 'Once upon', finish: 'length' }),
      async ({ client, model }) => {
        for (const stream of [false, true]) {
          const answer = stream
            ? await client.chat.completions.stream({ model, messages: kMessages }).finalChatCompletion()
            : await client.chat.completions.create({ model, messages: kMessages });
          assert.equal(answer.choices[0].finish_reason, 'length');
        }
      });

    scenario('a stream that breaks', serves(vendor, [{ ...kAnswer, cut: true }, { ...kAnswer, error: true }]),
      async ({ client, model }) => {
        for (const _ of ['cut', 'error']) {
          const stream = client.chat.completions.stream({ model, messages: kMessages });
          await assert.rejects(stream.finalChatCompletion(), OpenAI.APIError);
        }
      });

    scenario('an answer from a provider that can only stream', serves(vendor, kAnswer, { non_stream_support: false }),
      async ({ client, model }) => {
        const answer = await client.chat.completions.create({ model, messages: kMessages });
        assert.equal(answer.choices[0].message.content, kAnswer.text);
        assert.equal(answer.usage.total_tokens, kTokens.prompt + kTokens.output);
      });

    scenario('a stream from a provider that can not', serves(vendor, [kAnswer, kCall], { stream_support: false }),
      async ({ client, model }) => {
        const answer = await client.chat.completions.stream({ model, messages: kMessages }).finalChatCompletion();
        assert.equal(answer.choices[0].message.content, kAnswer.text);
        const called = await client.chat.completions.stream({ model, messages: kMessages, tools: kTools })
          .finalChatCompletion();
        assert.deepEqual(JSON.parse(called.choices[0].message.tool_calls[0].function.arguments), kCall.calls[0].args);
      });

    scenario('an error', { providers: { a: { ...kVendors[vendor].entry,
      serve: kVendors[vendor].fails(400, 'max_tokens is too large') } } }, async ({ client, model }) => {
      await assert.rejects(client.chat.completions.create({ model, messages: kMessages }), (error) =>
        error instanceof OpenAI.BadRequestError && /max_tokens is too large/.test(error.message) &&
        typeof error.type === 'string');
    });
  });

  scenarios(`openai responses over ${vendor}`, kGlobal, (plain) => {
    const scenario = withClient(plain);

    scenario('an answer with its usage', serves(vendor, kAnswer), async ({ client, model }) => {
      const answer = await client.responses.create({ model, input: 'Hello!', instructions: 'Be brief.' });
      assert.equal(answer.status, 'completed');
      assert.equal(answer.output_text, kAnswer.text);
      assert.deepEqual(answer.output.map((item) => item.type), ['reasoning', 'message']);
      assert.equal(answer.usage.input_tokens, kTokens.prompt);
      assert.equal(answer.usage.input_tokens_details.cached_tokens, kTokens.cached);
      assert.equal(answer.usage.total_tokens, kTokens.prompt + kTokens.output);
    });

    scenario('a stream, accumulated by the client', serves(vendor, kAnswer), async ({ client, model }) => {
      const stream = client.responses.stream({ model, input: 'Hello!' });
      let text = '';
      const numbers = [];
      stream.on('response.output_text.delta', (event) => { text += event.delta; });
      stream.on('event', (event) => numbers.push(event.sequence_number));
      const answer = await stream.finalResponse();
      assert.equal(text, kAnswer.text);
      assert.equal(textOf(answer), kAnswer.text);
      assert.equal(answer.usage.output_tokens, kTokens.output);
      assert.deepEqual(numbers, numbers.map((_, at) => at), 'sequence numbers have no gap');
    });

    scenario('calls in a stream', serves(vendor, kTwoCalls), async ({ client, model }) => {
      const stream = client.responses.stream({ model, input: 'Hello!',
        tools: [{ type: 'function', strict: false, ...kTools[0].function }] });
      const done = [];
      stream.on('response.function_call_arguments.done', (event) => done.push(event.arguments));
      const answer = await stream.finalResponse();
      const calls = answer.output.filter((item) => item.type === 'function_call');
      assert.deepEqual(calls.map((call) => [call.call_id, call.name, JSON.parse(call.arguments)]),
        kTwoCalls.calls.map(({ id, name, args }) => [id, name, args]));
      assert.deepEqual(done.map((text) => JSON.parse(text)), kTwoCalls.calls.map(({ args }) => args));
    });

    scenario('a turn that answers a call', serves(vendor, [kCall, { text: 'It rains.' }]),
      async ({ client, model, a }) => {
        const tools = [{ type: 'function', strict: false, ...kTools[0].function }];
        const first = await client.responses.create({ model, input: 'Weather?', tools });
        const call = first.output.find((item) => item.type === 'function_call');
        const second = await client.responses.create({ model, tools, input: [{ role: 'user', content: 'Weather?' },
          ...first.output, { type: 'function_call_output', call_id: call.call_id, output: 'rain' }] });
        assert.equal(second.output_text, 'It rains.');
        assert.match(JSON.stringify(a.requests[1].json), /rain/);
      });

    scenario('structured output', serves(vendor, { text: kSummary }, kCapable), async ({ client, model }) => {
      const answer = await client.responses.parse({ model, input: 'Weather?',
        text: { format: zodTextFormat(kWeather, 'weather') } });
      assert.deepEqual(answer.output_parsed, JSON.parse(kSummary));
    });

    scenario('structured output in a stream', serves(vendor, { text: kSummary }, kCapable), async ({ client, model }) => {
      const stream = client.responses.stream({ model, input: 'Weather?',
        text: { format: zodTextFormat(kWeather, 'weather') } });
      const answer = await stream.finalResponse();
      assert.deepEqual(answer.output_parsed, JSON.parse(kSummary));
    });

    scenario('an answer that is cut by a limit', serves(vendor, { text: 'Once upon', finish: 'length' }),
      async ({ client, model }) => {
        let last = null;  // the client's own accumulation does not know this end of a stream
        const stream = client.responses.stream({ model, input: 'Hello!' });
        stream.on('response.incomplete', (event) => { last = event.response; });
        await stream.done();
        for (const answer of [last, await client.responses.create({ model, input: 'Hello!' })]) {
          assert.equal(answer.status, 'incomplete');
          assert.equal(answer.incomplete_details.reason, 'max_output_tokens');
          assert.equal(textOf(answer), 'Once upon');
        }
      });

    scenario('a stream that breaks', serves(vendor, { ...kAnswer, cut: true }), async ({ client, model }) => {
      let failed = null;
      const stream = client.responses.stream({ model, input: 'Hello!' });
      stream.on('response.failed', (event) => { failed = event.response; });
      await stream.done().catch(() => {});
      assert.equal(failed?.status, 'failed');
      assert.ok(failed.error.message);
    });

    scenario('both forms from a provider that has only the other', serves(vendor, kAnswer,
      { non_stream_support: false }), async ({ client, model }) => {
      assert.equal((await client.responses.create({ model, input: 'Hello!' })).output_text, kAnswer.text);
    });

    scenario('a stream from a provider that can not', serves(vendor, kAnswer, { stream_support: false }),
      async ({ client, model }) => {
        assert.equal(textOf(await client.responses.stream({ model, input: 'Hello!' }).finalResponse()), kAnswer.text);
      });

    if (vendor === 'responses') return;  // it keeps responses itself
    scenario('an earlier response, which nobody has kept', serves(vendor, kAnswer), async ({ client, model, a }) => {
      await assert.rejects(client.responses.create({ model, input: 'And?', previous_response_id: 'resp_1' }), (error) =>
        error instanceof OpenAI.BadRequestError && error.param === 'previous_response_id' &&
        /input/.test(error.message));
      assert.equal(a.requests.length, 0);
    });
  });
}
