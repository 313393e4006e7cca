// What reaches a provider that speaks another dialect than the client, or the same: paths, credentials, bodies.
import assert from 'node:assert/strict';

import { kVendors } from '../clients/lib/vendors.mjs';
import { kAnswer, kClientKey, kClients, edited } from './lib/dialects.mjs';
import { assertAnsweredBy, assertError } from './lib/expect.mjs';
import { kKey, scenarios } from './lib/scenario.mjs';
import { json, says, status } from './lib/upstream.mjs';

const provider = (vendor, members = {}) => ({ ...kVendors[vendor].entry, serve: kVendors[vendor].says(kAnswer),
  ...members });

const kGlobal = { global: { api_key: kClientKey } };
const kBearer = { authorization: `Bearer ${kClientKey}` };

// What each type of provider is asked: its path for a whole answer and a stream, and the header with its key.
const kAsked = {
  openai: ['/v1/chat/completions', '/v1/chat/completions', 'authorization', `Bearer ${kKey}`],
  responses: ['/v1/responses', '/v1/responses', 'authorization', `Bearer ${kKey}`],
  azure: [...Array(2).fill('/v1/openai/deployments/upstream-model/chat/completions?api-version=2024-10-21'),
    'api-key', kKey],
  anthropic: ['/v1/messages', '/v1/messages', 'x-api-key', kKey],
  gemini: ['/v1/models/upstream-model:generateContent', '/v1/models/upstream-model:streamGenerateContent?alt=sse',
    'x-goog-api-key', kKey],
};

const kCredentials = ['authorization', 'api-key', 'x-api-key', 'x-goog-api-key'];

scenarios('dialects: what a provider is asked', kGlobal, (scenario) => {
  for (const [vendor, [whole, streamed, header, credential]] of Object.entries(kAsked)) {
    for (const [client, { path, body, text }] of Object.entries(kClients)) {
      if (client === 'completions' && ['openai', 'azure'].includes(vendor)) continue;  // its own dialect
      scenario(`a ${client} request reaches ${vendor} at its own path, with its own key`, {
        providers: { a: provider(vendor) },
      }, async ({ post, a }) => {
        const headers = { ...kBearer, 'anthropic-beta': 'tools-1', 'anthropic-version': '2099-01-01', cookie: 'c=1',
          'openai-organization': 'org', 'idempotency-key': 'once' };
        const reply = await post(path, body, headers);
        assertAnsweredBy(reply, 'a', 1);
        assert.equal(text(reply.json), kAnswer.text);
        assert.equal((await post(path, { ...body, stream: true }, headers)).status, 200);
        assert.deepEqual(a.requests.map((request) => request.path), [whole, streamed]);
        for (const request of a.requests) {
          const sent = kCredentials.filter((name) => request.headers[name] !== undefined);
          assert.deepEqual(sent, [header], 'one credential');
          assert.equal(request.headers[header], credential);
          assert.ok(!JSON.stringify(request.rawHeaders).includes(kClientKey), 'the gateway\'s own key stays here');
          assert.match(request.headers['content-type'], /^application\/json/);
          for (const name of ['cookie', 'openai-organization', 'idempotency-key']) {
            assert.equal(request.headers[name], undefined, name);
          }
          const speaksMessages = vendor === 'anthropic';
          assert.equal(request.headers['anthropic-version'], speaksMessages ? '2023-06-01' : undefined);
          const fromMessages = client === 'messages' && speaksMessages;
          assert.equal(request.headers['anthropic-beta'], fromMessages ? 'tools-1' : undefined);
          if (vendor === 'gemini') assert.equal(request.json.model, undefined, 'the path names it');
          else assert.equal(request.json.model, 'upstream-model');
        }
      });
    }
  }

  scenario('Azure without an api_version is asked at its v1 path', {
    providers: { a: provider('azure', { api_version: undefined }) },
  }, async ({ post, a }) => {
    assertAnsweredBy(await post('/v1/messages', kClients.messages.body, kBearer), 'a', 1);
    assert.equal(a.requests[0].path, '/v1/openai/v1/chat/completions');
  });

  scenario('betas of client and configuration are joined, each once', {
    providers: { a: provider('anthropic', { custom_headers: { 'anthropic-beta': 'own-1,both-1' } }) },
  }, async ({ post, a }) => {
    await post('/v1/messages', kClients.messages.body, { ...kBearer, 'anthropic-beta': 'both-1, theirs-1' });
    await post('/v1/chat/completions', kClients.chat.body, { ...kBearer, 'anthropic-beta': 'theirs-1' });
    assert.deepEqual(a.requests.map(({ headers }) => headers['anthropic-beta']), ['both-1,theirs-1,own-1',
      'own-1,both-1']);
  });

  scenario('a model "*" asks for the client\'s model name', {
    providers: { a: provider('gemini', { model: '*' }) },
  }, async ({ post, model, a }) => {
    await post('/v1/chat/completions', kClients.chat.body, kBearer);
    assert.equal(a.requests[0].path, `/v1/models/${model}:generateContent`);
  });

  for (const path of ['/openai/deployments/MODEL/chat/completions?api-version=2024-10-21',
    '/openai/v1/chat/completions']) {
    scenario(`Azure's clients ask at ${path}`, { providers: { a: provider('anthropic') } },
      async ({ gateway, model, a }) => {
      const named = path.includes('MODEL') ? {} : { model };
      const reply = await gateway.post(path.replace('MODEL', model), { ...named, ...kClients.chat.body },
        { 'api-key': kClientKey });
      assertAnsweredBy(reply, 'a', 1);
      assert.equal(reply.content, kAnswer.text);
      assert.equal(a.requests[0].json.model, 'upstream-model');
    });
  }

  scenario('the deployment in an Azure path wins over the body\'s model', { providers: { a: provider('openai') } },
    async ({ gateway, model }) => {
    const reply = await gateway.post(`/openai/deployments/${model}/chat/completions`,
      { model: 'another', ...kClients.chat.body }, { 'api-key': kClientKey });
    assertAnsweredBy(reply, 'a', 1);
  });

  scenario('Azure\'s clients list the models', { providers: { a: provider('openai') } },
    async ({ gateway, model }) => {
    const reply = await gateway.get('/openai/v1/models', { 'api-key': kClientKey });
    assert.ok(reply.json.data.some(({ id }) => id === model), reply.text);
  });

  scenario('every client\'s way to send the key is taken, at every endpoint', { providers: { a: provider('openai') } },
    async ({ post }) => {
    for (const [name, { path, body }] of Object.entries(kClients)) {
      for (const headers of [{ authorization: `bearer  ${kClientKey} ` }, { 'x-api-key': kClientKey },
        { 'api-key': kClientKey }]) {
        assert.equal((await post(path, body, headers)).status, 200, `${name} with ${Object.keys(headers)}`);
      }
      assert.equal((await post(path, body, { 'x-api-key': 'wrong' })).status, 401, name);
    }
  });
});

// Spelled as no serializer would, so that a parsed body is found out.
const kOdd = '{ "max_tokens":1.0,\t"big": 12345678901234567890123, "messages" : ' +
  '[{"role":"user","content":"K\\u00f6ln Köln 東京 😀 \\/"}], "stop":null, "x": {"b":1,"a":[ ]}';

scenarios('dialects: what a provider speaks', {}, (scenario) => {
  for (const [path, dialect, vendor] of [['/v1/messages', 'messages', 'anthropic'],
    ['/v1/chat/completions', 'chat', 'openai'], ['/v1/responses', 'responses', 'responses']]) {
    scenario(`a dialect named in "dialects" is passed byte for byte: ${dialect}`, {
      providers: { a: { type: 'openai', dialects: [dialect], serve: kVendors[vendor].says(kAnswer) } },
    }, async ({ gateway, model, a }) => {
      const reply = await gateway.post(path, `${kOdd}, "model":"${model}"}`);
      assertAnsweredBy(reply, 'a', 1);
      assert.equal(a.requests[0].path, path);
      assert.equal(a.requests[0].body.toString(), `${kOdd}, "model":"upstream-model"}`);
    });
  }

  scenario('a provider of several dialects gets each as it is, and others converted', {
    providers: { a: { dialects: ['chat', 'messages'], serve: (exchange) =>
      kVendors[exchange.record.path === '/v1/messages' ? 'anthropic' : 'openai'].says(kAnswer)(exchange) } },
  }, async ({ post, a }) => {
    for (const { path, body } of Object.values(kClients)) assertAnsweredBy(await post(path, body), 'a', 1);
    assert.deepEqual(a.requests.map((request) => request.path),
      ['/v1/chat/completions', '/v1/messages', '/v1/chat/completions', '/v1/chat/completions']);
  });

  scenario('completions are passed where they are spoken', { providers: { a: { serve: json({ id: 'cmpl-1',
    object: 'text_completion', choices: [{ index: 0, text: 'Hello', logprobs: null, finish_reason: 'stop' }] }) } },
  }, async ({ post, a }) => {
    await post('/v1/completions', kClients.completions.body);
    assert.equal(a.requests[0].path, '/v1/completions');
  });

  scenario('completions are converted where only chat is spoken', {
    providers: { a: { dialects: ['chat'], serve: says('Hello') } },
  }, async ({ post, a }) => {
    const reply = await post('/v1/completions', { prompt: 'Once' });
    assert.equal(reply.json.object, 'text_completion');
    assert.equal(reply.json.choices[0].text, 'Hello');
    assert.equal(a.requests[0].path, '/v1/chat/completions');
    assert.deepEqual(a.requests[0].json.messages, [{ role: 'user', content: 'Once' }]);
    assert.equal(a.requests[0].json.max_tokens, 16, 'the default of this API');
  });

  scenario('embeddings are asked of Gemini in its form', {
    providers: { a: { type: 'gemini', serve: json({ embeddings: [{ values: [0.5, 1] }, { values: [2, 4] }] }) } },
  }, async ({ post, a }) => {
    const reply = await post('/v1/embeddings', { input: ['one', 'two'], dimensions: 2 });
    assertAnsweredBy(reply, 'a', 1);
    assert.deepEqual(reply.json.data.map(({ embedding }) => embedding), [[0.5, 1], [2, 4]]);
    assert.equal(a.requests[0].path, '/v1/models/upstream-model:batchEmbedContents');
    assert.equal(a.requests[0].json.requests[1].outputDimensionality, 2);
  });

  scenario('embeddings of nothing are refused, though the provider speaks the dialect', {
    providers: { a: { dialects: ['embeddings'], serve: json({ data: [] }) } },
  }, async ({ post, a }) => {
    for (const [body, param] of [[{ input: '' }, 'input'], [{ input: ['a', ''] }, 'input'],
      [{ input: 'a', encoding_format: 'hex' }, 'encoding_format']]) {
      assert.equal(assertError(await post('/v1/embeddings', body), 400).param, param);
    }
    assert.equal(a.requests.length, 0);
  });

  scenario('embeddings that only Anthropic could make are refused', { providers: { a: provider('anthropic') } },
    async ({ post, a }) => {
    const error = assertError(await post('/v1/embeddings', { input: 'one' }), 400);
    assert.equal(error.type, 'invalid_request_error');
    assert.match(error.message, /no embeddings/);
    assert.equal(a.requests.length, 0);
  });
});

const kParams = { drop: ['seed'], rename: { user: 'end_user' }, set: { top_p: 0.5, nested: { a: [1.0] } },
  default: { temperature: 0.1, presence_penalty: 0 } };

scenarios('dialects: params', {}, (scenario) => {
  const send = { seed: 1, user: 'u', top_p: 0.9, temperature: 0.7 };
  const expected = { end_user: 'u', top_p: 0.5, nested: { a: [1] }, temperature: 0.7, presence_penalty: 0 };

  scenario('a passed body is adapted', { providers: { a: { params: kParams, serve: says('Hello') } } },
    async ({ chat, body, a }) => {
    assertAnsweredBy(await chat(send), 'a', 1);
    assert.deepEqual(a.requests[0].json, { ...body(), model: 'upstream-model', ...expected });
  });

  scenario('a converted body is adapted after its conversion', {
    providers: { a: provider('anthropic', { params: { drop: ['top_p'], rename: { max_tokens: 'max_out' },
      set: { temperature: 1 }, default: { stop_sequences: ['END'], metadata: { user_id: 'nobody' } } } }) },
  }, async ({ post, a }) => {
    await post('/v1/chat/completions', { ...kClients.chat.body, max_tokens: 7, top_p: 0.5, user: 'me' });
    const { messages, ...rest } = a.requests[0].json;
    assert.equal(messages.length, 1);
    assert.deepEqual(rest, { model: 'upstream-model', max_out: 7, temperature: 1, metadata: { user_id: 'me' },
      stop_sequences: ['END'] });
  });

  scenario('only the provider that needs it gets an adapted body', {
    providers: { a: { params: kParams, serve: status(503) }, b: { serve: says('Hello') } },
  }, async ({ chat, body, b }) => {
    assertAnsweredBy(await chat(send), 'b', 2);
    assert.deepEqual(b.requests[0].json, { ...body(), model: 'upstream-model', ...send });
  });
});

scenarios('dialects: X-Gateway-Edits', {}, (scenario) => {
  const kDebug = { 'x-gateway-debug': '1' };
  const kCases = {
    'a model': [{}, ''],
    'a model and usage asked for': [{}, ', "stream":true'],
    'adapted params': [{ params: { drop: ['x'], rename: { big: 'größe' }, set: { stop: 'Ende 東京 😀' },
      default: { new: { ü: 1.50 } } } }, ''],
    'a stream that the provider has not': [{ stream_support: false }, ', "stream" : true, "stream_options":{"y":1}'],
  };
  for (const [name, [members, more]] of Object.entries(kCases)) {
    scenario(`the edits of ${name} make the provider's body of the client's, bit by bit`, {
      providers: { a: { ...members, serve: says('Hello') } },
    }, async ({ gateway, model, a }) => {
      const sent = Buffer.from(`${kOdd}${more}, "model" :"${model}", "end":"ß" }\n`);
      const reply = await gateway.post('/v1/chat/completions', sent, kDebug);
      assertAnsweredBy(reply, 'a', 1);
      const header = reply.headers['x-gateway-edits'];
      assert.match(header, /^[ -~]+$/, 'ASCII only');
      assert.equal(edited(sent, header).toString(), a.requests[0].body.toString());
      assert.ok(edited(sent, header).equals(a.requests[0].body));
    });
  }

  scenario('no edits are told unless asked for, nor of a conversion', {
    providers: { a: { dialects: ['chat'], serve: says('Hello') } },
  }, async ({ chat, post }) => {
    assert.equal((await chat()).headers['x-gateway-edits'], undefined);
    assert.equal((await chat({}, { 'x-gateway-debug': '0' })).headers['x-gateway-edits'], undefined);
    assert.equal((await chat({}, kDebug)).headers['x-gateway-edits'] === undefined, false);
    assert.equal((await post('/v1/messages', kClients.messages.body, kDebug)).headers['x-gateway-edits'], undefined);
  });
});
