// What is served besides chat: lists, health, and every endpoint that is forwarded.
import assert from 'node:assert/strict';
import crypto from 'node:crypto';

import { assertAnsweredBy, assertError } from './lib/expect.mjs';
import { kKey, scenarios } from './lib/scenario.mjs';
import { bytes, chunk, cut, hold, json, says, sse, status } from './lib/upstream.mjs';

scenarios('endpoints: the gateway\'s own', {}, (scenario) => {
  scenario('models are listed as OpenAI lists them', {
    model: 'gpt-4o', aliases: ['gpt-latest'], providers: { a: { serve: says('hi') } },
  }, async ({ gateway }) => {
    const reply = await gateway.get('/v1/models');
    assert.equal(reply.status, 200);
    assert.equal(reply.json.object, 'list');
    const model = reply.json.data.find(({ id }) => id === 'gpt-4o');
    assert.equal(model.object, 'model');
    assert.equal(model.owned_by, 'api-gateway');
    assert.ok(Number.isInteger(model.created));
    assert.ok(!reply.text.includes('_global'));
  });

  scenario('one model is described', {
    model: 'vendor/gpt-x', providers: { a: { serve: says('hi') } },
  }, async ({ gateway }) => {
    for (const path of ['/v1/models/vendor/gpt-x', '/v1/models/vendor%2Fgpt-x']) {
      const { status: code, json: model } = await gateway.get(path);
      assert.equal(code, 200, path);
      assert.deepEqual([model.id, model.object, model.owned_by], ['vendor/gpt-x', 'model', 'api-gateway']);
    }
    assert.equal(assertError(await gateway.get('/v1/models/nobody'), 404).code, 'model_not_found');
  });

  scenario('health tells version, uptime and models', { providers: { a: { serve: says('hi') } } },
    async ({ gateway }) => {
    const reply = await gateway.get('/health');
    assert.equal(reply.status, 200);
    assert.equal(reply.json.status, 'ok');
    assert.match(reply.json.version, /^\d+\.\d+\.\d+/);
    assert.equal(typeof reply.json.uptime_seconds, 'number');
    assert.equal(reply.json.models, 3);
  });
});

const kBody = { id: 'r-1', object: 'thing', n: 1.5, usage: { prompt_tokens: 3, total_tokens: 3 } };

// What a provider at which each of these endpoints is its own speaks.
const kAll = { dialects: ['chat', 'completions', 'responses', 'messages', 'embeddings'] };

// Forwarded with nothing changed but the model.
const kForwarded = {
  '/v1/embeddings': [{ input: ['one', 'two'], encoding_format: 'base64' },
    { object: 'list', data: [{ object: 'embedding', index: 0, embedding: 'AACAPw==' }],
      usage: { prompt_tokens: 3, total_tokens: 3 } }],
  '/v1/responses': [{ input: 'Hi', reasoning: { effort: 'low' } },
    { id: 'resp_1', object: 'response', status: 'completed',
    output: [{ type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'Hello' }] }],
    usage: { input_tokens: 2, output_tokens: 1, total_tokens: 3 } }],
  '/v1/messages': [{ max_tokens: 9, messages: [{ role: 'user', content: 'Hi' }], thinking: { type: 'adaptive' } },
    { id: 'msg_1', type: 'message', role: 'assistant', content: [{ type: 'text', text: 'Hello' }],
      stop_reason: 'end_turn', usage: { input_tokens: 1, cache_read_input_tokens: 1, output_tokens: 1 } }],
  '/v1/moderations': [{ input: 'text' }, { id: 'modr-1', results: [{ flagged: false }] }],
  '/v1/rerank': [{ query: 'q', documents: ['a', 'b'] }, { results: [{ index: 1, relevance_score: 0.9 }] }],
  '/v1/images/generations': [{ prompt: 'a cat' }, { created: 1, data: [{ b64_json: 'aGk=' }] }],
  '/v1/completions': [{ prompt: 'Once' }, { id: 'cmpl-1', object: 'text_completion', choices: [
    { index: 0, text: ' upon', logprobs: null, finish_reason: 'stop' }],
      usage: { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 } }],
};

scenarios('endpoints: forwarded', {}, (scenario) => {
  for (const [path, [request, answer]] of Object.entries(kForwarded)) {
    scenario(`${path} is forwarded with the provider's model`, { providers: { a: { ...kAll, serve: json(answer) } } },
      async ({ post, a }) => {
      const reply = await post(path, request);
      assertAnsweredBy(reply, 'a', 1);
      assert.equal(reply.text, JSON.stringify(answer));
      assert.equal(a.requests[0].path, path);
      assert.deepEqual(a.requests[0].json, { model: 'upstream-model', ...request });
      assert.equal(a.requests[0].headers.authorization, `Bearer ${kKey}`);
    });

    scenario(`${path} fails over`, {
      providers: { a: { ...kAll, serve: status(500), retry: 1 }, b: { ...kAll, serve: json(answer) } },
    }, async ({ post }) => assertAnsweredBy(await post(path, request), 'b', 3));

    scenario(`${path} hands on a mistake of the client`, {
      providers: { a: { ...kAll, serve: status(422, { message: 'no such thing' }) }, b: { serve: json(answer) } },
    }, async ({ post }) => assert.equal(assertError(await post(path, request), 422).message, 'no such thing'));
  }

  for (const [path, tokens] of Object.entries({ '/v1/embeddings': 3, '/v1/responses': 3, '/v1/messages': 3,
    '/v1/completions': 3 })) {
    scenario(`tokens of ${path} are counted`, { providers: { a: { ...kAll, serve: json(kForwarded[path][1]) } } },
      async ({ post, stats }) => {
      await post(path, kForwarded[path][0]);
      const { requests, tokens: counted } = (await stats()).a;
      assert.deepEqual({ requests, counted }, { requests: 1, counted: tokens });
    });
  }
});

scenarios('endpoints: streams of other dialects', {}, (scenario) => {
  const created = 'event: response.created\n' +
    'data: {"type":"response.created","response":{"id":"resp_1","status":"in_progress"}}\n\n';
  const delta = 'event: response.output_text.delta\n' +
    'data: {"type":"response.output_text.delta","output_index":0,"delta":"Hello"}\n\n';
  const completed = 'event: response.completed\n' +
    'data: {"type":"response.completed","response":{"id":"resp_1","status":"completed",' +
    '"usage":{"input_tokens":2,"output_tokens":1,"total_tokens":3}}}\n\n';

  scenario('a responses stream arrives unchanged, event by event', {
    providers: { a: { ...kAll, serve: sse(created, delta, hold, completed) } },
  }, async ({ openStream, stats, a }) => {
    const answer = await openStream('/v1/responses', { input: 'Hi' });
    await answer.nextEvent();
    assert.equal((await answer.nextEvent()).event, 'response.output_text.delta');
    a.release();
    await answer.rest();
    assert.equal(answer.bytes.toString(), created + delta + completed);
    assert.equal(a.requests[0].json.stream_options, undefined, 'this dialect tells its usage unasked');
    assert.equal((await stats()).a.tokens, 3);
  });

  scenario('a responses stream that has only been created is switched', {
    providers: { a: { ...kAll, serve: sse(created, cut) }, b: { ...kAll, serve: sse(created, delta, completed) } },
  }, async ({ openStream }) => {
    const answer = await openStream('/v1/responses', { input: 'Hi' });
    assert.equal(answer.headers['x-gateway-provider'], 'b');
    await answer.rest();
    assert.equal(answer.bytes.toString(), created + delta + completed);
  });

  const text = (piece, finish_reason = null) => ({ ...chunk({}), object: 'text_completion',
    choices: [{ index: 0, text: piece, finish_reason }] });
  scenario('a completions stream arrives', {
    providers: { a: { serve: sse(text('one '), text('two', 'stop'), 'data: [DONE]\n\n') } },
  }, async ({ openStream }) => {
    const events = await (await openStream('/v1/completions', { prompt: 'count' })).rest();
    assert.equal(events.slice(0, -1).map((event) => event.json.choices[0].text).join(''), 'one two');
    assert.equal(events.at(-1).data, '[DONE]');
  });
});

scenarios('endpoints: binary bodies', {}, (scenario) => {
  const sound = crypto.randomBytes(300_000);

  scenario('speech comes as the bytes that the provider sends', {
    providers: { a: { serve: bytes(sound, { headers: { 'content-type': 'audio/mpeg' } }) } },
  }, async ({ post, a }) => {
    const reply = await post('/v1/audio/speech', { input: 'Hello', voice: 'alloy' });
    assertAnsweredBy(reply, 'a', 1);
    assert.equal(reply.headers['content-type'], 'audio/mpeg');
    assert.ok(reply.bytes.equals(sound));
    assert.deepEqual(a.requests[0].json, { model: 'upstream-model', input: 'Hello', voice: 'alloy' });
  });

  scenario('speech fails over', {
    providers: { a: { serve: status(503) }, b: { serve: bytes(sound, { headers: { 'content-type': 'audio/mpeg' } }) } },
  }, async ({ post }) => assert.ok((await post('/v1/audio/speech',
    { input: 'Hello', voice: 'alloy' })).bytes.equals(sound)));

  // All byte values, and what looks like a boundary or a model field but is none.
  const file = Buffer.concat([Buffer.from(Array.from({ length: 256 }, (_, at) => at)),
    Buffer.from('\r\n--other\r\nname="model"\r\n\r\nx'),
    crypto.randomBytes(100_000)]);
  const part = (name, content) => `--frontier\r\nContent-Disposition: form-data; name="${name}"${content}\r\n`;
  const form = (model, before) => {
    const field = Buffer.from(part('model', `\r\n\r\n${model}`));
    const fileHead = part('file', '; filename="a \u00e9.wav"\r\nContent-Type: audio/wav\r\n');
    const upload = Buffer.concat([Buffer.from(fileHead), file, Buffer.from('\r\n')]);
    const rest = Buffer.from(`${part('language', '\r\n\r\nde')}--frontier--\r\n`);
    return Buffer.concat(before ? [field, upload, rest] : [upload, field, rest]);
  };
  for (const path of ['/v1/audio/transcriptions', '/v1/audio/translations', '/v1/images/edits']) {
    for (const before of [true, false]) {
      scenario(`a form for ${path} goes up byte for byte but for the model, ${before ? 'before' : 'after'} its file`, {
        providers: { a: { serve: status(500), retry: 0 }, b: { serve: json({ text: 'Guten Tag' }),
          model: 'whisper-large' } },
      }, async ({ gateway, model, b }) => {
        const reply = await gateway.post(path, form(model, before),
          { 'content-type': 'multipart/form-data; boundary=frontier' });
        assertAnsweredBy(reply, 'b', 2);
        assert.equal(reply.text, '{"text":"Guten Tag"}');
        const [request] = b.requests;
        assert.equal(request.path, path);
        assert.match(request.headers['content-type'], /^multipart\/form-data; *boundary="?frontier"?$/);
        assert.ok(request.body.equals(form('whisper-large', before)));
      });
    }
  }

  scenario('a form without a model is a 400', { providers: { a: { serve: json({ text: 'x' }) } } },
    async ({ gateway, a }) => {
    const body = '--frontier\r\nContent-Disposition: form-data; name="language"\r\n\r\nde\r\n--frontier--\r\n';
    const reply = await gateway.post('/v1/audio/transcriptions', body,
      { 'content-type': 'multipart/form-data; boundary=frontier' });
    assert.match(assertError(reply, 400).message, /model/);
    assert.equal(a.requests.length, 0);
  });

  scenario('a transcript as text comes as text', {
    providers: { a: { serve: bytes('WEBVTT\n\nHallo\n', { headers: { 'content-type': 'text/vtt' } }) } },
  }, async ({ gateway, model }) => {
    const reply = await gateway.post('/v1/audio/transcriptions', form(model, true),
      { 'content-type': 'multipart/form-data; boundary=frontier' });
    assert.equal(reply.text, 'WEBVTT\n\nHallo\n');
    assert.match(reply.headers['content-type'], /^text\/vtt/);
  });
});
