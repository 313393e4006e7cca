// The official OpenAI client against the real gateway, with scripted providers behind it and with the built-in
// mock. What this client can't read, nobody's program can.
import assert from 'node:assert/strict';
import crypto from 'node:crypto';

import OpenAI, { toFile } from 'openai';
import { zodResponseFormat } from 'openai/helpers/zod';
import { z } from 'zod';

import { scenarios } from '../e2e/lib/scenario.mjs';
import { bytes, completion, json, kDone, kUsage, says, saysInEvents, sse, status } from '../e2e/lib/upstream.mjs';
import { clientOf, kGlobal, kMessages, kToolCall, weatherTool, withClient } from './lib/openai.mjs';

scenarios('openai: chat', kGlobal, (plain) => {
  const scenario = withClient(plain);

  scenario('an answer', { providers: { a: { serve: says('Hello back') } } }, async ({ client, model }) => {
    const { data, response } = await client.chat.completions.create({ model, messages: kMessages }).withResponse();
    assert.equal(data.choices[0].message.content, 'Hello back');
    assert.deepEqual(data.usage, kUsage);
    assert.equal(response.headers.get('x-gateway-provider'), 'a');
    assert.ok(data._request_id, 'the client finds the request id');
  });

  scenario('an answer after a switch', {
    providers: { a: { serve: status(500), retry: 1 }, b: { serve: says('from b') } },
  }, async ({ client, model }) => {
    const answer = await client.chat.completions.create({ model, messages: kMessages });
    assert.equal(answer.choices[0].message.content, 'from b');
  });

  scenario('tools called by a runner', {
    providers: { a: { serve: [json(completion(null, { finish_reason: 'tool_calls',
      message: { tool_calls: [kToolCall] } })),
      says('It rains in Köln.')] } },
  }, async ({ client, model, a }) => {
    const calls = [];
    const runner = client.chat.completions.runTools({ model, messages: kMessages, tools: [weatherTool(calls)] });
    assert.equal(await runner.finalContent(), 'It rains in Köln.');
    assert.deepEqual(calls, ['Köln']);
    const { messages } = a.requests[1].json;
    assert.equal(messages.at(-2).tool_calls[0].function.arguments, kToolCall.function.arguments);
    assert.deepEqual(messages.at(-1), { role: 'tool', tool_call_id: 'call_1', content: 'rain' });
  });

  scenario('structured output', {
    providers: { a: { serve: json(completion('{"city":"Köln","degrees":7.5}')) } },
  }, async ({ client, model, a }) => {
    const answer = await client.chat.completions.parse({ model, messages: kMessages,
      response_format: zodResponseFormat(z.object({ city: z.string(), degrees: z.number() }), 'weather') });
    assert.deepEqual(answer.choices[0].message.parsed, { city: 'Köln', degrees: 7.5 });
    assert.equal(a.requests[0].json.response_format.json_schema.strict, true);
  });

  scenario('an answer put together from a provider that only streams', {
    providers: { a: { serve: saysInEvents(['Hello ', 'back']), non_stream_support: false } },
  }, async ({ client, model }) => {
    const answer = await client.chat.completions.create({ model, messages: kMessages });
    assert.equal(answer.choices[0].message.content, 'Hello back');
    assert.equal(answer.usage.total_tokens, 12);
  });
});

scenarios('openai: errors', kGlobal, (plain) => {
  const scenario = withClient(plain);
  const provider = { providers: { a: { serve: says('hi') } } };

  scenario('a wrong key is an AuthenticationError', provider, async ({ gateway, model }) => {
    const stranger = clientOf(gateway, { apiKey: 'wrong-key-0123456789' });
    await assert.rejects(stranger.chat.completions.create({ model, messages: kMessages }), (error) => {
      assert.ok(error instanceof OpenAI.AuthenticationError);
      assert.deepEqual([error.status, error.code], [401, 'invalid_api_key']);
      assert.ok(error.requestID);
      return true;
    });
  });

  scenario('an unknown model is a NotFoundError', provider, async ({ client }) => {
    await assert.rejects(client.chat.completions.create({ model: 'nobody', messages: kMessages }), (error) => {
      assert.ok(error instanceof OpenAI.NotFoundError);
      assert.equal(error.code, 'model_not_found');
      return true;
    });
    await assert.rejects(client.models.retrieve('nobody'), OpenAI.NotFoundError);
  });

  scenario('a missing model is a BadRequestError', provider, async ({ client }) => {
    await assert.rejects(client.chat.completions.create({ messages: kMessages }), (error) => {
      assert.ok(error instanceof OpenAI.BadRequestError);
      assert.equal(error.param, 'model');
      return true;
    });
  });

  scenario('a 400 of the provider is a BadRequestError with its words', {
    providers: { a: { serve: status(400, { message: 'temperature is too high', errorCode: 'too_hot' }) } },
  }, async ({ client, model }) => {
    for (const stream of [false, true]) {
      await assert.rejects(client.chat.completions.create({ model, messages: kMessages, stream }), (error) => {
        assert.ok(error instanceof OpenAI.BadRequestError);
        assert.match(error.message, /temperature is too high/);
        assert.equal(error.code, 'too_hot');
        return true;
      });
    }
  });

  scenario('rate-limited everywhere is a RateLimitError that says when to come back', {
    providers: { a: { serve: status(429, { headers: { 'retry-after': '20' } }) } },
  }, async ({ client, model }) => {
    await assert.rejects(client.chat.completions.create({ model, messages: kMessages }), (error) => {
      assert.ok(error instanceof OpenAI.RateLimitError);
      assert.ok(Number(error.headers.get('retry-after')) > 0);
      return true;
    });
  });

  scenario('nobody left is an InternalServerError', {
    providers: { a: { serve: status(500) }, b: { serve: status(503) } },
  }, async ({ client, model }) => {
    await assert.rejects(client.chat.completions.create({ model, messages: kMessages }), (error) => {
      assert.ok(error instanceof OpenAI.InternalServerError);
      assert.equal(error.status, 502);
      return true;
    });
  });
});

scenarios('openai: other endpoints', kGlobal, (plain) => {
  const scenario = withClient(plain);

  scenario('models', { model: 'gpt-4o', providers: { a: { serve: says('hi') } } }, async ({ client }) => {
    const ids = [];
    for await (const model of client.models.list()) ids.push(model.id);
    assert.ok(ids.includes('gpt-4o'));
    assert.equal((await client.models.retrieve('gpt-4o')).owned_by, 'api-gateway');
  });

  scenario('embeddings, which this client asks for as base64', {
    providers: { a: { serve: ({ record, response }) => {
      assert.equal(record.json.encoding_format, 'base64');
      const embedding = Buffer.from(new Float32Array([0.5, -2, 0.25]).buffer).toString('base64');
      json({ object: 'list', model: 'e', data: [{ object: 'embedding', index: 0, embedding }],
        usage: { prompt_tokens: 3, total_tokens: 3 } })({ response });
    } } },
  }, async ({ client, model, stats }) => {
    const answer = await client.embeddings.create({ model, input: 'Hello' });
    assert.deepEqual(Array.from(answer.data[0].embedding), [0.5, -2, 0.25]);
    assert.equal((await stats()).a.tokens, 3);
  });

  const completionBody = (text, finish_reason) => ({ id: 'cmpl-1', object: 'text_completion', created: 1, model: 'm',
    choices: [{ index: 0, text, logprobs: null, finish_reason }] });
  scenario('completions, whole and as a stream', {
    providers: { a: { serve: [json({ ...completionBody('one two', 'stop'), usage: kUsage }),
      sse(completionBody('one ', null), completionBody('two', 'stop'), kDone)] } },
  }, async ({ client, model }) => {
    assert.equal((await client.completions.create({ model, prompt: 'count' })).choices[0].text, 'one two');
    let text = '';
    for await (const part of await client.completions.create({ model, prompt: 'count',
      stream: true })) text += part.choices[0].text;
    assert.equal(text, 'one two');
  });

  const response = { id: 'resp_1', object: 'response', created_at: 1, status: 'completed', model: 'm',
    output: [{ type: 'message',
    id: 'msg_1', role: 'assistant', status: 'completed', content: [{ type: 'output_text', text: 'Hello back',
      annotations: [] }] }],
  usage: { input_tokens: 2, output_tokens: 3, total_tokens: 5 } };
  const named = (body) => `event: ${body.type}\ndata: ${JSON.stringify(body)}\n\n`;
  scenario('responses, whole and as a stream', {
    providers: { a: { dialects: ['responses'], serve: [json(response), sse(
      named({ type: 'response.created', response: { ...response, status: 'in_progress', output: [] },
        sequence_number: 0 }),
      named({ type: 'response.output_text.delta', item_id: 'msg_1', output_index: 0, content_index: 0,
        delta: 'Hello back',
        sequence_number: 1 }),
      named({ type: 'response.completed', response, sequence_number: 2 }))] } },
  }, async ({ client, model }) => {
    assert.equal((await client.responses.create({ model, input: 'Hi' })).output_text, 'Hello back');
    const types = [];
    for await (const event of await client.responses.create({ model, input: 'Hi',
      stream: true })) types.push(event.type);
    assert.deepEqual(types, ['response.created', 'response.output_text.delta', 'response.completed']);
  });

  const sound = crypto.randomBytes(100_000);
  scenario('speech', {
    providers: { a: { serve: bytes(sound, { headers: { 'content-type': 'audio/mpeg' } }) } },
  }, async ({ client, model }) => {
    const answer = await client.audio.speech.create({ model, input: 'Hello', voice: 'alloy' });
    assert.ok(Buffer.from(await answer.arrayBuffer()).equals(sound));
  });

  scenario('a transcription, with the upload of a file', {
    providers: { a: { serve: json({ text: 'Guten Tag' }), model: 'whisper-large' } },
  }, async ({ client, model, a }) => {
    const file = await toFile(sound, 'sound.wav', { type: 'audio/wav' });
    assert.equal((await client.audio.transcriptions.create({ model, file })).text, 'Guten Tag');
    const { body } = a.requests[0];
    assert.ok(body.includes(sound), 'the file is whole');
    assert.match(body.toString('latin1'), /name="model"\r\n\r\nwhisper-large\r\n/);
  });

  scenario('moderations and images', {
    providers: { a: { serve: [json({ id: 'modr-1', model: 'm', results: [{ flagged: true }] }),
      json({ created: 1, data: [{ b64_json: 'aGk=' }] })] } },
  }, async ({ client, model }) => {
    assert.equal((await client.moderations.create({ model, input: 'text' })).results[0].flagged, true);
    assert.equal((await client.images.generate({ model, prompt: 'a cat' })).data[0].b64_json, 'aGk=');
  });

  scenario('a client with retries and a timeout of its own is served on kept connections', {
    providers: { a: { serve: says('fine') } },
  }, async ({ gateway, model }) => {
    const client = clientOf(gateway, { maxRetries: 2, timeout: 60_000 });
    const answers = await Promise.all(Array.from({ length: 30 },
      () => client.chat.completions.create({ model, messages: kMessages })));
    assert.ok(answers.every((answer) => answer.choices[0].message.content === 'fine'));
  });
});

scenarios('openai: the built-in mock', kGlobal, (plain) => {
  const scenario = withClient(plain);
  const mock = (members = {}) => ({ type: 'mock', model: 'mock',
    mock: { latency: 0, tokens_per_second: 10_000, ...members } });

  scenario('chats, whole and as a stream', { providers: { m: mock({ reply: 'I am a mock.' }) } },
    async ({ client, model }) => {
    const answer = await client.chat.completions.create({ model, messages: kMessages });
    assert.equal(answer.choices[0].message.content, 'I am a mock.');
    assert.equal(await client.chat.completions.stream({ model, messages: kMessages }).finalContent(), 'I am a mock.');
  });

  scenario('answers everything else', { providers: { m: mock() } }, async ({ client, model }) => {
    const embedding = (await client.embeddings.create({ model, input: 'Hello' })).data[0].embedding;
    assert.ok(embedding.length > 0 && Array.from(embedding).every(Number.isFinite));
    assert.equal(typeof (await client.completions.create({ model, prompt: 'Once' })).choices[0].text, 'string');
    assert.notEqual((await client.responses.create({ model, input: 'Hi' })).output_text, '');
    assert.equal((await client.moderations.create({ model, input: 'Hi' })).results.length, 1);
    assert.equal((await client.images.generate({ model, prompt: 'a cat' })).data.length, 1);
    assert.ok((await (await client.audio.speech.create({ model, input: 'Hi',
      voice: 'alloy' })).arrayBuffer()).byteLength > 0);
    const file = await toFile(Buffer.from('RIFF'), 'a.wav', { type: 'audio/wav' });
    assert.equal(typeof (await client.audio.transcriptions.create({ model, file })).text, 'string');
  });

  scenario('streams responses', { providers: { m: mock({ reply: 'one two three' }) } }, async ({ client, model }) => {
    const answer = await client.responses.stream({ model, input: 'count' }).finalResponse();
    assert.equal(answer.output[0].content[0].text, 'one two three');
  });

  scenario('fails over', { providers: { bad: mock({ failure_rate: 1 }), good: mock({ reply: 'rescued' }) } },
    async ({ client, model }) => {
    const answer = await client.chat.completions.create({ model, messages: kMessages });
    assert.equal(answer.choices[0].message.content, 'rescued');
  });
});
