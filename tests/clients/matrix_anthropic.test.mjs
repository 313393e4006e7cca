// The official Anthropic client over each vendor: it must see no difference from Anthropic itself.
import assert from 'node:assert/strict';

import Anthropic from '@anthropic-ai/sdk';

import { scenarios } from '../e2e/lib/scenario.mjs';
import { json } from '../e2e/lib/upstream.mjs';
import { anthropicOf, withAnthropic } from './lib/anthropic.mjs';
import { kGlobal, kMessages } from './lib/openai.mjs';
import { kTokens, kVendorNames, kVendors } from './lib/vendors.mjs';

const kAnswer = { thinking: 'Let me think.', text: 'Grüße aus Köln 🌧', usage: kTokens };
const kTwoCalls = { text: 'Both.', calls: [{ id: 'call_1', name: 'weather', args: { city: 'Köln', days: [1, 2] } },
  { id: 'call_2', name: 'weather', args: {} }] };
const kTools = [{ name: 'weather', description: 'The weather of a city',
  input_schema: { type: 'object', properties: { city: { type: 'string' } } } }];
const kLimit = { max_tokens: 1000 };

function serves(vendor, answer, members = {}) {
  return { providers: { a: { ...kVendors[vendor].entry, ...members, serve: [answer].flat().map(kVendors[vendor].says) } } };
}

// What the answer's `usage` must be: Anthropic counts the prompt without what came from a cache.
function assertUsage(usage) {
  assert.equal(usage.input_tokens, kTokens.prompt - kTokens.cached);
  assert.equal(usage.cache_read_input_tokens, kTokens.cached);
  assert.equal(usage.output_tokens, kTokens.output);
}

function assertCalls(message) {
  assert.equal(message.stop_reason, 'tool_use');
  const calls = message.content.filter((block) => block.type === 'tool_use');
  assert.deepEqual(calls.map(({ id, name, input }) => ({ id, name, args: input })), kTwoCalls.calls);
}

for (const vendor of kVendorNames) {
  scenarios(`anthropic messages over ${vendor}`, kGlobal, (plain) => {
    const scenario = withAnthropic(plain);

    scenario('an answer with its usage', serves(vendor, kAnswer), async ({ claude, model, a }) => {
      const { data: message, response } = await claude.messages.create({ model, ...kLimit, system: 'Be brief.',
        messages: kMessages }).withResponse();
      assert.deepEqual([message.type, message.role, message.stop_reason], ['message', 'assistant', 'end_turn']);
      assert.match(message.id, /^msg_/);
      assert.deepEqual(message.content.map((block) => block.type), ['thinking', 'text']);
      assert.equal(message.content[0].thinking, kAnswer.thinking);
      assert.ok(message.content[0].signature, 'thinking is signed, or clients throw it away');
      assert.equal(message.content[1].text, kAnswer.text);
      assertUsage(message.usage);
      assert.equal(response.headers.get('request-id'), response.headers.get('x-request-id'));
      assert.match(a.requests[0].path, kVendors[vendor].path);
    });

    scenario('a stream, accumulated by the client', serves(vendor, kAnswer), async ({ claude, model }) => {
      const stream = claude.messages.stream({ model, ...kLimit, messages: kMessages });
      const seen = { text: '', thinking: '' };
      stream.on('text', (delta) => { seen.text += delta; });
      stream.on('thinking', (delta) => { seen.thinking += delta; });
      const message = await stream.finalMessage();
      assert.deepEqual(seen, { text: kAnswer.text, thinking: kAnswer.thinking });
      assert.equal(message.content.at(-1).text, kAnswer.text);
      assert.equal(message.stop_reason, 'end_turn');
      assertUsage(message.usage);
    });

    scenario('calls, whole and in a stream', serves(vendor, kTwoCalls), async ({ claude, model }) => {
      const request = { model, ...kLimit, messages: kMessages, tools: kTools };
      assertCalls(await claude.messages.create(request));
      assertCalls(await claude.messages.stream(request).finalMessage());
    });

    scenario('a loop of tool calls', serves(vendor, [kTwoCalls, { text: 'It rains.' }]),
      async ({ claude, model, a }) => {
        const request = { model, ...kLimit, tools: kTools };
        const messages = [...kMessages];
        const first = await claude.messages.create({ ...request, messages });
        messages.push({ role: 'assistant', content: first.content });
        messages.push({ role: 'user', content: first.content.filter((block) => block.type === 'tool_use')
          .map(({ id }) => ({ type: 'tool_result', tool_use_id: id, content: 'rain' })) });
        const second = await claude.messages.create({ ...request, messages });
        assert.equal(second.content[0].text, 'It rains.');
        assert.equal(JSON.stringify(a.requests[1].json).match(/rain/g).length, 2, 'both results reached the provider');
      });

    scenario('an answer that is cut by a limit', serves(vendor, { text: 'Once upon', finish: 'length' }),
      async ({ claude, model }) => {
        const request = { model, ...kLimit, messages: kMessages };
        assert.equal((await claude.messages.create(request)).stop_reason, 'max_tokens');
        assert.equal((await claude.messages.stream(request).finalMessage()).stop_reason, 'max_tokens');
      });

    scenario('a stream that breaks', serves(vendor, [{ ...kAnswer, cut: true }, { ...kAnswer, error: true }]),
      async ({ claude, model }) => {
        for (const _ of ['cut', 'error']) {
          const stream = claude.messages.stream({ model, ...kLimit, messages: kMessages });
          await assert.rejects(stream.finalMessage(), Anthropic.APIError);
        }
      });

    scenario('both forms from a provider that has only streams', serves(vendor, kAnswer,
      { non_stream_support: false }), async ({ claude, model }) => {
      const message = await claude.messages.create({ model, ...kLimit, messages: kMessages });
      assert.equal(message.content.at(-1).text, kAnswer.text);
      assertUsage(message.usage);
    });

    scenario('a stream from a provider that can not', serves(vendor, [kAnswer, kTwoCalls], { stream_support: false }),
      async ({ claude, model }) => {
        const request = { model, ...kLimit, messages: kMessages };
        assert.equal((await claude.messages.stream(request).finalMessage()).content.at(-1).text, kAnswer.text);
        assertCalls(await claude.messages.stream({ ...request, tools: kTools }).finalMessage());
      });

    scenario('an error', { providers: { a: { ...kVendors[vendor].entry,
      serve: kVendors[vendor].fails(400, 'max_tokens is too large') } } }, async ({ claude, model }) => {
      await assert.rejects(claude.messages.create({ model, ...kLimit, messages: kMessages }), (error) =>
        error instanceof Anthropic.BadRequestError && error.error.type === 'error' &&
        /max_tokens is too large/.test(error.error.error.message));
    });

    scenario('a number of tokens, counted or estimated', { providers: { a: { ...kVendors[vendor].entry,
      serve: json({ input_tokens: 77, totalTokens: 77 }) } } }, async ({ claude, model, a }) => {
      const { data, response } = await claude.messages.countTokens({ model, messages: kMessages }).withResponse();
      const isCounted = vendor === 'anthropic' || vendor === 'gemini';
      assert.equal(a.requests.length, isCounted ? 1 : 0);
      assert.equal(response.headers.get('x-gateway-estimated'), isCounted ? null : 'true');
      assert.equal(data.input_tokens, isCounted ? 77 : 6);
    });
  });
}

scenarios('anthropic messages of the gateway itself', kGlobal, (plain) => {
  const scenario = withAnthropic(plain);

  scenario('errors in Anthropic\'s form', { providers: { a: { type: 'mock' } } }, async ({ gateway, model }) => {
    const request = { model, ...kLimit, messages: kMessages };
    const claude = anthropicOf(gateway);
    await assert.rejects(anthropicOf(gateway, { apiKey: 'wrong' }).messages.create(request),
      (error) => error instanceof Anthropic.AuthenticationError && error.error.error.type === 'authentication_error');
    await assert.rejects(claude.messages.create({ ...request, model: 'nobody' }),
      (error) => error instanceof Anthropic.NotFoundError && error.error.error.type === 'not_found_error');
    await assert.rejects(claude.messages.create({ model, messages: kMessages }),
      (error) => error instanceof Anthropic.BadRequestError && /max_tokens/.test(error.message));
  });

  scenario('the mock', { providers: { a: { type: 'mock', mock: { latency: 0, reply: 'Hello from the mock' } } } },
    async ({ claude, model }) => {
      const request = { model, ...kLimit, messages: kMessages };
      assert.equal((await claude.messages.create(request)).content[0].text, 'Hello from the mock');
      assert.equal((await claude.messages.stream(request).finalMessage()).content[0].text, 'Hello from the mock');
    });

  scenario('the models', { providers: { a: { type: 'mock' } } }, async ({ claude, model }) => {
    const listed = [];
    for await (const one of claude.models.list()) listed.push(one);
    assert.ok(listed.some((one) => one.id === model && one.type === 'model' && one.display_name && one.created_at));
    assert.equal((await claude.models.retrieve(model)).id, model);
  });
});
