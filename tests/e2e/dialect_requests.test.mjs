// Requests that a provider's dialect has no words for, and counting tokens.
import assert from 'node:assert/strict';

import { kVendors } from '../clients/lib/vendors.mjs';
import { kYearly } from './lib/cron.mjs';
import { assertMessagesError, kAnswer, kClients } from './lib/dialects.mjs';
import { assertAnsweredBy, assertError } from './lib/expect.mjs';
import { scenarios } from './lib/scenario.mjs';
import { closes, json, says, status } from './lib/upstream.mjs';

const provider = (vendor, members = {}) => ({ ...kVendors[vendor].entry, serve: kVendors[vendor].says(kAnswer),
  ...members });

// A quota of one request that no test sees reset.
const kOnce = { requests_per_period: 1, period_cron: kYearly };

// Messages can't say it, and it may not be dropped silently.
const kDroppable = { logit_bias: { 50256: -100 }, seed: 3 };
// Only one choice can be made there (protocols.md §4).
const kImpossible = { n: 3 };

scenarios('dialects: what can\'t be said', {}, (scenario) => {
  for (const stream of [false, true]) {
    scenario(`what is dropped is listed, in a ${stream ? 'stream' : 'whole answer'} and in the log`, {
      providers: { a: provider('anthropic') },
    }, async ({ chat, gateway, model, a }) => {
      const reply = await chat({ ...kDroppable, stream });
      assert.equal(reply.status, 200, reply.text);
      assert.deepEqual(reply.headers['x-gateway-dropped'].split(',').sort(), ['logit_bias', 'seed']);
      assert.equal(a.requests[0].json.seed, undefined);
      await gateway.waitForLog(new RegExp(`Exchange.*${model}\\b.*dropped.*logit_bias`));
    });
  }

  scenario('nothing is listed where nothing is dropped', { providers: { a: provider('anthropic') } },
    async ({ chat }) => assert.equal((await chat()).headers['x-gateway-dropped'], undefined));

  scenario('what is passed is not listed', { providers: { a: { serve: says('Hello') } } }, async ({ chat, a }) => {
    assert.equal((await chat(kDroppable)).headers['x-gateway-dropped'], undefined);
    assert.equal(a.requests[0].json.seed, 3);
  });

  scenario('strict_params refuses, naming the field, and asks nobody', {
    strict_params: true, providers: { a: provider('anthropic') },
  }, async ({ chat, a }) => {
    const reply = await chat({ seed: 3 });
    assert.equal(assertError(reply, 400).param, 'seed');
    assert.equal(reply.headers['x-gateway-provider'], 'none');
    assert.equal(reply.headers['x-gateway-attempts'], '0');
    assert.equal(a.requests.length, 0);
  });

  scenario('strict_params lets pass what the provider speaks', {
    strict_params: true, providers: { a: { serve: says('Hello') } },
  }, async ({ chat }) => assertAnsweredBy(await chat(kDroppable), 'a', 1));

  scenario('what one provider can\'t be asked goes to the next, and the first is as before', {
    providers: { a: provider('anthropic', { rate_limit: kOnce }), b: { serve: says('Hello') } },
  }, async ({ chat, stats, provider: stateOf, a, b }) => {
    const before = await stateOf('a');
    assertAnsweredBy(await chat(kImpossible), 'b', 1);
    assert.equal(a.requests.length, 0);
    assert.equal(b.requests[0].json.n, 3);
    assert.deepEqual(await stateOf('a'), before);
    const { requests, errors } = (await stats()).a;
    assert.deepEqual([requests, errors], [0, 0]);
    assertAnsweredBy(await chat(), 'a', 1);  // its only request is still there
  });

  scenario('behind a failure, too, it is not counted as an attempt', {
    providers: { a: { serve: status(500) }, b: provider('anthropic'), c: { serve: says('Hello') } },
  }, async ({ chat, b }) => {
    assertAnsweredBy(await chat(kImpossible), 'c', 2);
    assert.equal(b.requests.length, 0);
  });

  scenario('what nobody can be asked is the client\'s mistake, in chat\'s form', {
    providers: { a: provider('anthropic'), b: provider('anthropic') },
  }, async ({ chat }) => {
    const error = assertError(await chat(kImpossible), 400);
    assert.equal(error.type, 'invalid_request_error');
    assert.equal(error.param, 'n');
  });

  scenario('… and in Messages\' form', { providers: { a: provider('openai') } }, async ({ post, a }) => {
    const reply = await post('/v1/messages', { max_tokens: 5, messages: [] });
    assertMessagesError(reply, 400, 'invalid_request_error');
    assert.equal(a.requests.length, 0);
  });

  scenario('who can\'t be asked does not hide that the others are limited', {
    providers: { a: provider('anthropic'), b: { serve: status(429, { headers: { 'retry-after': '7' } }) } },
  }, async ({ chat }) => {
    const reply = await chat(kImpossible);
    assertError(reply, 429);
    assert.ok(Number(reply.headers['retry-after']) >= 1);
  });
});

const kCount = { system: 'Be brief.', messages: [{ role: 'user', content: 'How many tokens are these?' }] };

scenarios('dialects: count_tokens', {}, (scenario) => {
  const count = (context, headers) => context.post('/v1/messages/count_tokens', kCount, headers);

  scenario('Anthropic counts, and no quota pays for it', {
    providers: { a: provider('anthropic', { serve: json({ input_tokens: 42 }), rate_limit: kOnce }) },
  }, async (context) => {
    for (const n of [1, 2, 3]) {
      const reply = await count(context);
      assert.deepEqual(reply.json, { input_tokens: 42 });
      assert.equal(reply.headers['x-gateway-estimated'], undefined);
      assertAnsweredBy(reply, 'a', 1);
      assert.equal(context.a.requests.length, n);
    }
    const [request] = context.a.requests;
    assert.equal(request.path, '/v1/messages/count_tokens');
    assert.deepEqual(request.json, { model: 'upstream-model', ...kCount });
    assert.equal((await context.stats()).a.requests, 0);
  });

  scenario('Gemini counts in its own way', {
    providers: { a: provider('gemini', { serve: json({ totalTokens: 31 }) }) },
  }, async (context) => {
    assert.deepEqual((await count(context)).json, { input_tokens: 31 });
    assert.equal(context.a.requests[0].path, '/v1/models/upstream-model:countTokens');
  });

  scenario('OpenAI counts where it speaks Responses', {
    providers: { a: provider('responses', { capabilities: { is_openai: true },
      serve: json({ object: 'response.input_tokens', input_tokens: 17 }) }) },
  }, async (context) => {
    assert.deepEqual((await count(context)).json, { input_tokens: 17 });
    assert.equal(context.a.requests[0].path, '/v1/responses/input_tokens');
  });

  const kNoCount = {
    'a provider that can\'t count': { serve: says('never asked') },
    'a provider that fails': provider('anthropic', { serve: status(500) }),
    'a provider that breaks off': provider('anthropic', { serve: closes }),
    'a provider that is overloaded': provider('anthropic', { serve: status(529) }),
    'a provider that refuses its key': provider('anthropic', { serve: status(401) }),
    'a provider that knows no such path': { dialects: ['messages'], serve: status(404) },
    'a provider that refuses what the gateway made': provider('gemini', { serve: status(400) }),
    'an answer that is no count': provider('gemini', { serve: json({ tokens: 'many' }) }),
  };
  for (const [name, a] of Object.entries(kNoCount)) {
    scenario(`${name} is made up for by an estimate, which says so`, { providers: { a } }, async (context) => {
      const reply = await count(context);
      assert.equal(reply.status, 200, reply.text);
      assert.equal(reply.headers['x-gateway-estimated'], 'true');
      assert.equal(reply.headers['x-gateway-provider'], 'none');
      const text = kCount.system.length + kCount.messages[0].content.length;
      assert.deepEqual(reply.json, { input_tokens: Math.ceil(text / 4) + 4 });
      const { requests } = (await context.stats()).a;
      assert.equal(requests, 0);
    });
  }

  scenario('a count gets no parameters that the provider\'s answers are made with', {
    providers: { a: provider('anthropic', { serve: json({ input_tokens: 42 }),
      params: { set: { top_k: 1 }, default: { temperature: 0.7 }, drop: ['system'] } }) },
  }, async (context) => {
    assert.deepEqual((await count(context)).json, { input_tokens: 42 });
    assert.deepEqual(context.a.requests[0].json, { model: 'upstream-model', messages: kCount.messages });
  });

  scenario('a mistake of the client is handed on', {
    providers: { a: provider('anthropic', { serve: json({ type: 'error', error: { type: 'invalid_request_error',
      message: 'messages: too odd' } }, { status: 400 }) }) },
  }, async (context) => {
    const reply = await count(context);
    assert.equal(reply.status, 400);
    assert.equal(reply.json.error.message, 'messages: too odd');
  });

  scenario('what is no request is no estimate', { providers: { a: { serve: says('never asked') } } },
    async ({ gateway, post }) => {
    assertMessagesError(await gateway.post('/v1/messages/count_tokens', '{"model":'), 400, 'invalid_request_error');
    assertMessagesError(await post('/v1/messages/count_tokens', { messages: 'text' }), 400, 'invalid_request_error');
  });

  scenario('strict_params leaves a native count alone', {
    strict_params: true, providers: { a: provider('anthropic', { serve: json({ input_tokens: 5 }) }) },
  }, async ({ post }) => {
    const reply = await post('/v1/messages/count_tokens', { ...kCount, brand_new: { x: 1 } });
    assert.deepEqual(reply.json, { input_tokens: 5 });
  });
});

scenarios('dialects: models', { global: { api_key: 'client-key-0123456789' } }, (scenario) => {
  const kHeaders = { 'x-api-key': 'client-key-0123456789', 'anthropic-version': '2023-06-01' };

  scenario('models are listed in Anthropic\'s form for its clients', { providers: { a: provider('openai') } },
    async ({ gateway, model }) => {
    const reply = await gateway.get('/v1/models', kHeaders);
    assert.equal(reply.status, 200, reply.text);
    const { data, has_more: more, first_id: first, last_id: last } = reply.json;
    assert.deepEqual([more, first, last], [false, data[0].id, data.at(-1).id]);
    const found = data.find(({ id }) => id === model);
    assert.deepEqual(Object.keys(found).sort(), ['created_at', 'display_name', 'id', 'type']);
    assert.equal(found.type, 'model');
    assert.ok(Date.parse(found.created_at) > 0, found.created_at);
    assert.equal(reply.headers['request-id'], reply.headers['x-request-id']);
    const one = await gateway.get(`/v1/models/${model}`, kHeaders);
    assert.deepEqual(one.json, found);
    assertMessagesError(await gateway.get('/v1/models/nobody', kHeaders), 404, 'not_found_error');
    assertMessagesError(await gateway.get('/v1/models', { 'anthropic-version': '2023-06-01' }), 401,
      'authentication_error');
  });
});
