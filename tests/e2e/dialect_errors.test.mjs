// Errors as each client's dialect says them: the gateway's own, and providers' of another dialect.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { kVendors } from '../clients/lib/vendors.mjs';
import { RawConnection } from './lib/client.mjs';
import { kYearly } from './lib/cron.mjs';
import { assertMessagesError, kAnswer, kClientKey, kClients } from './lib/dialects.mjs';
import { assertAnsweredBy, assertError, assertRetryAfter } from './lib/expect.mjs';
import { Gateway } from './lib/gateway.mjs';
import { entryOf, kKey, kRefusedEndpoint, scenarios } from './lib/scenario.mjs';
import { hang, json, says, status, Upstream } from './lib/upstream.mjs';

const provider = (vendor, members = {}) => ({ ...kVendors[vendor].entry, serve: kVendors[vendor].says(kAnswer),
  ...members });
const chat = ({ post }, headers) => post('/v1/chat/completions', kClients.chat.body, headers);
const messages = ({ post }, headers) => post('/v1/messages', kClients.messages.body, headers);

scenarios('dialects: the gateway\'s own errors', { global: { api_key: kClientKey, max_body_mb: 1 } }, (scenario) => {
  const kAuth = { 'x-api-key': kClientKey };
  const kOne = { rate_limit: { requests_per_period: 1, period_cron: kYearly } };

  scenario('401, 404, 400 and 413 have the form of the endpoint', { providers: { a: provider('openai') } },
    async ({ gateway, post, a }) => {
    const long = { ...kClients.chat.body, filler: 'x'.repeat(1_100_000) };
    const cases = [
      [401, 'authentication_error', (path) => post(path, {}, { 'x-api-key': 'wrong' })],
      [404, 'not_found_error', (path) => gateway.post(path, { model: 'nobody' }, kAuth)],
      [400, 'invalid_request_error', (path) => gateway.post(path, '{"model": }', kAuth)],
      [413, 'request_too_large', (path) => post(path, long, kAuth)],
      [405, 'invalid_request_error', (path) => gateway.request('PUT', path, { headers: kAuth })],
    ];
    for (const [code, type, ask] of cases) {
      for (const path of ['/v1/messages', '/v1/messages/count_tokens']) {
        assertMessagesError(await ask(path), code, type);
      }
      for (const path of ['/v1/chat/completions', '/v1/responses', '/v1/embeddings', '/v1/completions']) {
        const reply = await ask(path);
        assertError(reply, code);
        assert.equal(reply.json.type, undefined);
        assert.equal(reply.headers['request-id'], undefined);
      }
    }
    assertMessagesError(await gateway.post('/v1/messages/batches', {}, kAuth), 404, 'not_found_error');
    assertError(await gateway.post('/v1/threads', {}, kAuth), 404);
    assert.equal(a.requests.length, 0);
  });

  scenario('429 of a quota tells when to come again, in both forms', { providers: { a: provider('gemini', kOne) } },
    async (context) => {
    assert.equal((await messages(context, kAuth)).status, 200);
    const reply = await messages(context, kAuth);
    assertMessagesError(reply, 429, 'rate_limit_error');
    assertRetryAfter(reply);
    const other = await chat(context, kAuth);
    assert.equal(assertError(other, 429).type, 'rate_limit_error');
    assertRetryAfter(other);
  });

  scenario('502 where nobody can be reached', { providers: { a: { endpoint: kRefusedEndpoint } } },
    async (context) => {
    assertMessagesError(await messages(context, kAuth), 502, 'api_error');
    assert.equal(assertError(await chat(context, kAuth), 502).type, 'server_error');
  });

  scenario('504 where nobody answers in time', {
    providers: { a: provider('anthropic', { serve: hang, timeout: 0.2 }) },
  }, async (context) => {
    assertMessagesError(await messages(context, kAuth), 504, 'timeout_error');
    assert.equal(assertError(await chat(context, kAuth), 504).code, 'timeout');
  });

  scenario('answers to Messages have a request-id, good ones and streams as well', {
    providers: { a: provider('openai') },
  }, async ({ post }) => {
    for (const stream of [false, true]) {
      const reply = await post('/v1/messages', { ...kClients.messages.body, stream },
        { ...kAuth, 'x-request-id': 'mine-1' });
      assert.equal(reply.headers['request-id'], 'mine-1');
      assert.equal(reply.headers['x-request-id'], 'mine-1');
    }
  });
});

test('dialects: 503 while draining is overloaded_error for Messages', async () => {
  const upstream = await Upstream.start(hang);
  const gateway = await Gateway.start({ _global: { shutdown_grace: 30 },
    m: { providers: [entryOf('a', { serve: hang }, upstream)] } });
  const held = gateway.startChat('m');  // keeps the gateway from ending
  await upstream.request(1);
  const client = await RawConnection.open(gateway.port);
  client.write('POST /v1/messages HTTP/1.1\r\nHost: gateway\r\n');  // begun before, so that it is still read
  assert.equal((await gateway.get('/health')).status, 200);
  gateway.signal('SIGTERM');
  await gateway.waitForLog(/[Dd]raining|[Ss]hutting down/);
  const body = JSON.stringify({ model: 'm', ...kClients.messages.body });
  client.write(`Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
  assertMessagesError(await client.reply(), 529, 'overloaded_error');
  client.close();
  held.abort();
  assert.equal(await gateway.exited(), 0);
  await upstream.stop();
});

const kGoogleLimit = json([{ error: { code: 429, message: 'Too fast', status: 'RESOURCE_EXHAUSTED', details: [
  { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '34.4s' }] } }], { status: 429 });
const kGoogleKey = json({ error: { code: 400, message: `API key not valid: ${kKey}`, status: 'INVALID_ARGUMENT',
  details: [{ '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: 'API_KEY_INVALID' }] } }, { status: 400 });
const anthropicError = (code, type, headers = {}) => json({ type: 'error', error: { type, message: 'Not now' } },
  { status: code, headers });

scenarios('dialects: providers\' errors', {}, (scenario) => {
  const kSwitching = {
    'a 429 of Anthropic': provider('anthropic', { serve: anthropicError(429, 'rate_limit_error') }),
    'a 429 of Google, in its array': provider('gemini', { serve: kGoogleLimit }),
    'a wrong key at Anthropic': provider('anthropic', { serve: anthropicError(401, 'authentication_error') }),
    'a wrong key at Google, a 400': provider('gemini', { serve: kGoogleKey }),
    'an overloaded Anthropic, 529': provider('anthropic', { serve: anthropicError(529, 'overloaded_error') }),
    'a 500 as HTML': provider('gemini', { serve: json('<html>', { status: 500 }) }),
  };
  for (const [name, a] of Object.entries(kSwitching)) {
    scenario(`${name} switches to the next provider`, { providers: { a, b: { serve: says('from b') } } },
      async (context) => {
      const reply = await chat(context);
      assertAnsweredBy(reply, 'b', 2);
      assert.equal(reply.content, 'from b');
    });
  }

  scenario('a 429 of Anthropic tells a chat client when to come again', {
    providers: { a: provider('anthropic',
      { serve: anthropicError(429, 'rate_limit_error', { 'retry-after': '17' }) }) },
  }, async (context) => {
    const reply = await chat(context);
    assert.equal(assertError(reply, 429).type, 'rate_limit_error');
    assert.equal(reply.headers['retry-after'], '17');
  });

  scenario('a 429 of OpenAI tells a Messages client when to come again', {
    providers: { a: { serve: status(429, { headers: { 'retry-after': '17' } }) } },
  }, async (context) => {
    const reply = await messages(context);
    assertMessagesError(reply, 429, 'rate_limit_error');
    assert.equal(reply.headers['retry-after'], '17');
  });

  scenario('Google\'s retryDelay becomes Retry-After', {
    providers: { a: provider('gemini', { serve: kGoogleLimit }) },
  }, async (context) => {
    const reply = await messages(context);
    assertMessagesError(reply, 429, 'rate_limit_error');
    assert.equal(reply.headers['retry-after'], '35');
  });

  scenario('a mistake of the client comes in its own form, whoever noticed it', {
    providers: { a: provider('anthropic', { serve: anthropicError(400, 'invalid_request_error') }) },
  }, async (context) => {
    const error = assertError(await chat(context), 400);
    assert.deepEqual([error.type, error.message], ['invalid_request_error', 'Not now']);
  });

  scenario('… and a Messages client is told of a prompt that is too long in the words it knows', {
    providers: { a: { serve: status(400, { errorCode: 'context_length_exceeded',
      message: 'This model\'s maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens.',
    }) } },
  }, async (context) => {
    const { message } = assertMessagesError(await messages(context), 400, 'invalid_request_error');
    assert.match(message, /^prompt is too long: 9000 tokens > 8192 maximum/);
  });

  scenario('an odd error comes as it is in the provider\'s own dialect, and in the client\'s form in another', {
    providers: { a: { serve: json({ detail: 'no such field: x' }, { status: 422 }) } },
  }, async (context) => {
    const passed = await chat(context);
    assert.deepEqual([passed.status, passed.json], [422, { detail: 'no such field: x' }]);
    const { message } = assertMessagesError(await messages(context), 400, 'invalid_request_error');
    assert.equal(message, 'no such field: x');
  });

  scenario('the key that a provider repeats stays here, passed or converted', {
    providers: { a: { serve: status(400, { message: `What is ${kKey}?` }) } },
  }, async (context) => {
    for (const reply of [await chat(context), await messages(context)]) {
      assert.equal(reply.status, 400);
      assert.ok(!reply.text.includes(kKey), reply.text);
    }
  });

  for (const passes of [false, true]) {
    scenario(`a refused key is ${passes ? 'told as such with' : 'a 502 without'} pass_upstream_auth_errors`, {
      pass_upstream_auth_errors: passes,
      providers: { a: provider('anthropic', { serve: anthropicError(401, 'authentication_error') }) },
    }, async (context) => {
      assertError(await chat(context), passes ? 401 : 502);
    });
  }

  const kLimits = { 'anthropic-ratelimit-requests-limit': '100', 'anthropic-ratelimit-requests-remaining': '99',
    'request-id': 'req_up' };
  for (const exposes of [false, true]) {
    scenario(`limits of a provider are ${exposes ? 'translated with' : 'kept without'} expose_upstream_limits`, {
      expose_upstream_limits: exposes,
      providers: { a: provider('anthropic', { serve: json({ type: 'message', role: 'assistant', id: 'msg_1',
        content: [{ type: 'text', text: 'Hi' }], stop_reason: 'end_turn',
        usage: { input_tokens: 1, output_tokens: 1 } }, { headers: kLimits }) }) },
    }, async (context) => {
      const { headers } = await chat(context);
      assert.equal(headers['x-ratelimit-limit-requests'], exposes ? '100' : undefined);
      assert.equal(headers['x-ratelimit-remaining-requests'], exposes ? '99' : undefined);
      assert.equal(headers['anthropic-ratelimit-requests-limit'], undefined);
      assert.equal(headers['x-upstream-request-id'], 'req_up');
      const native = await messages(context);
      assert.equal(native.headers['anthropic-ratelimit-requests-limit'], exposes ? '100' : undefined);
    });
  }
});
