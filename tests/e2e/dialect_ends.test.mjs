// How answers end: with a refusal and no word, with no end at all, in the middle with the provider's own error.
import assert from 'node:assert/strict';

import { kVendors } from '../clients/lib/vendors.mjs';
import { kAnswer, kClients } from './lib/dialects.mjs';
import { assertAnsweredBy } from './lib/expect.mjs';
import { scenarios } from './lib/scenario.mjs';
import { chunk, completion, hold, json, kDone, sse } from './lib/upstream.mjs';

const frames = (...events) => events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
const message = (members) => ({ id: 'msg_1', type: 'message', role: 'assistant', model: 'm', content: [],
  stop_sequence: null, usage: { input_tokens: 3, output_tokens: 0 }, ...members });

// What a provider says that has nothing to say, whole and streamed.
const kSilent = {
  anthropic: [json(message({ stop_reason: 'refusal' })), sse(...frames(
    { type: 'message_start', message: message({ stop_reason: null }) },
    { type: 'message_delta', delta: { stop_reason: 'refusal', stop_sequence: null }, usage: { output_tokens: 0 } },
    { type: 'message_stop' }))],
  gemini: [json({ candidates: [{ finishReason: 'SAFETY' }] }),
    sse('data: {"candidates":[{"finishReason":"SAFETY"}]}\n\n')],
  openai: [json(completion('', { finish_reason: 'content_filter' })),
    sse(chunk({ role: 'assistant', content: '' }), chunk({}, { finish_reason: 'content_filter' }), kDone)],
};

// The reason in each client's words.
const kRefused = {
  chat: ({ choices }) => assert.equal(choices[0].finish_reason, 'content_filter'),
  messages: ({ stop_reason: reason }) => assert.equal(reason, 'refusal'),
  responses: ({ incomplete_details: details }) => assert.equal(details?.reason, 'content_filter'),
};

scenarios('dialects: a refusal without a word', { concurrency: 8 }, (scenario) => {
  for (const [vendor, [whole, streamed]] of Object.entries(kSilent)) {
    for (const [client, assertRefused] of Object.entries(kRefused)) {
      const silent = (exchange) => {
        const { json: asked, path } = exchange.record;
        return (asked.stream || path.includes('stream') ? streamed : whole)(exchange);
      };
      scenario(`of ${vendor} is an answer to ${client}, and nobody else is asked`, {
        providers: { a: { ...kVendors[vendor].entry, serve: silent }, b: { serve: json(completion('never')) } },
      }, async ({ post, openStream, stats }) => {
        const { path, body } = kClients[client];
        const reply = await post(path, body);
        assertAnsweredBy(reply, 'a', 1);
        assertRefused(reply.json);
        const events = await (await openStream(path, body)).rest();
        const told = { chat: ({ json: { choices } }) => choices?.[0]?.finish_reason && { choices },
          messages: ({ json: { type, delta } }) => type === 'message_delta' && delta,
          responses: ({ json: { type, response } }) => type === 'response.incomplete' && response }[client];
        assertRefused(events.filter(({ data }) => data !== '[DONE]').map(told).find(Boolean));
        assert.equal((await stats()).a.requests, 2);
      });
    }
  }
});

scenarios('dialects: an end that does not come', { concurrency: 8 }, (scenario) => {
  for (const client of ['messages', 'responses']) {
    scenario(`a ${client} client need not wait for a provider that finished and says no more`, {
      providers: { a: { serve: sse(chunk({ content: 'Hi' }), chunk({}, { finish_reason: 'stop' }), hold) } },
    }, async ({ openStream, stats }) => {
      const events = await (await openStream(kClients[client].path, kClients[client].body)).rest();
      assert.match(events.at(-1).json.type, /^(message_stop|response\.completed)$/);
      const { a } = await stats();
      assert.deepEqual([a.requests, a.errors], [1, 0]);
    });
  }

  const kCut = frames({ type: 'message_start', message: message({ stop_reason: null }) },
    { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
    { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Hi' } });
  const kRest = frames({ type: 'content_block_stop', index: 0 },
    { type: 'message_delta', delta: { stop_reason: 'end_turn', stop_sequence: null }, usage: { output_tokens: 1 } },
    { type: 'message_stop' });

  scenario('[DONE] is no end of a Messages stream, and does not reach the client', {
    providers: { a: { ...kVendors.anthropic.entry, serve: sse(...kCut, kDone, ...kRest) } },
  }, async ({ openStream, post }) => {
    const { path, body } = kClients.messages;
    const events = await (await openStream(path, body)).rest();
    assert.equal(events.at(-1).json.type, 'message_stop');
    assert.ok(!events.some(({ data }) => data === '[DONE]'));
    assertAnsweredBy(await post(path, body), 'a', 1);
  });

  scenario('a Messages stream that ends with [DONE] alone broke off', {
    providers: { a: { ...kVendors.anthropic.entry, serve: sse(...kCut, kDone) } },
  }, async ({ openStream }) => {
    const events = await (await openStream(kClients.messages.path, kClients.messages.body)).rest();
    assert.equal(events.at(-1).json.error.type, 'api_error');
  });
});

scenarios('dialects: a failure in the middle has its code', { concurrency: 8 }, (scenario) => {
  const quota = { error: { message: 'You have no credit.', type: 'insufficient_quota', code: 'insufficient_quota' } };
  const kTypes = { chat: 'insufficient_quota', messages: 'billing_error' };
  for (const [client, type] of Object.entries(kTypes)) {
    scenario(`an exhausted account is told to ${client}`, {
      providers: { a: { serve: sse(chunk({ content: 'Hi' }), quota) } },
    }, async ({ openStream }) => {
      const events = await (await openStream(kClients[client].path, kClients[client].body)).rest();
      assert.equal(events.at(-1).json.error.type, type);
      if (client === 'chat') assert.equal(events.at(-1).json.error.code, 'insufficient_quota');
    });
  }

  scenario('a converted stream without an end was truncated', {
    providers: { a: { ...kVendors.gemini.entry, serve: sse(
      'data: {"candidates":[{"content":{"role":"model","parts":[{"text":"Hel"}]}}]}\n\n') } },
  }, async ({ openStream }) => {
    const events = await (await openStream(kClients.chat.path, kClients.chat.body)).rest();
    const { type, code } = events.at(-1).json.error;
    assert.deepEqual([type, code], ['server_error', 'upstream_truncated']);
  });
});

scenarios('dialects: which credential counts', { global: { api_key: 'client-key-0123456789' } }, (scenario) => {
  const right = 'client-key-0123456789';
  const wrong = 'another-key-9876543210';
  scenario('the first that the dialect looks for', {
    providers: { a: { ...kVendors.openai.entry, serve: kVendors.openai.says(kAnswer) } },
  }, async ({ post }) => {
    const status = async (client, headers) => (await post(kClients[client].path, kClients[client].body, headers)).status;
    const apiKeyFirst = { 'x-api-key': right, authorization: `Bearer ${wrong}` };
    const bearerFirst = { 'x-api-key': wrong, authorization: `Bearer ${right}` };
    assert.deepEqual([await status('messages', apiKeyFirst), await status('messages', bearerFirst)], [200, 401]);
    assert.deepEqual([await status('chat', apiKeyFirst), await status('chat', bearerFirst)], [401, 200]);
  });
});
