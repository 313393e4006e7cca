// What a client gets for its own mistakes, and who may ask at all.
import assert from 'node:assert/strict';

import { assertAnsweredBy, assertError } from './lib/expect.mjs';
import { kKey, scenarios } from './lib/scenario.mjs';
import { RawConnection } from './lib/client.mjs';
import { says } from './lib/upstream.mjs';

const kProvider = { providers: { a: { serve: says('hi') } } };
const kChat = '/v1/chat/completions';

function nested(levels) {
  const deep = '['.repeat(levels) + ']'.repeat(levels);
  return `{"model":"gpt-4o","messages":[{"role":"user","content":"Hi"}],"deep":${deep}}`;
}

scenarios('client errors', { global: { max_body_mb: 1 } }, (scenario) => {
  scenario('an unknown path is a 404', { model: 'gpt-4o', ...kProvider }, async ({ gateway }) => {
    for (const [method, path] of [['GET', '/v1/nothing'], ['POST', '/v1/chat'], ['GET', '/dashboard/nothing.js'],
      ['GET', '/v1/chat/completions/x']]) {
      assertError(await gateway.request(method, path), 404);
    }
  });

  scenario('a wrong method is a 405 that tells the right one', kProvider, async ({ gateway }) => {
    for (const [method, path, allowed] of [['GET', kChat, 'POST'], ['DELETE', kChat, 'POST'],
      ['POST', '/v1/models', 'GET'],
      ['PUT', '/health', 'GET'], ['GET', '/admin/reload', 'POST'], ['PATCH', '/v1/embeddings', 'POST']]) {
      const reply = await gateway.request(method, path);
      assertError(reply, 405);
      assert.ok(reply.headers.allow.split(/, */).includes(allowed), `${method} ${path}: ${reply.headers.allow}`);
    }
  });

  scenario('a query string does not hide a path', kProvider, async ({ gateway, body }) => {
    assert.equal((await gateway.get('/health?x=1')).status, 200);
    assert.equal((await gateway.post(`${kChat}?beta=true`, body())).status, 200);
  });

  scenario('a body over the limit is a 413', kProvider, async ({ gateway, body, a }) => {
    assertError(await gateway.post(kChat, body({ pad: 'x'.repeat(2 * 1024 * 1024) })), 413);
    assertAnsweredBy(await gateway.post(kChat, body({ pad: 'x'.repeat(900 * 1024) })), 'a', 1);
    assert.equal(a.requests.length, 1);
  });

  scenario('a chunked body over the limit is a 413 or cut off', kProvider, async ({ gateway, a }) => {
    const connection = await RawConnection.open(gateway.port);
    connection.write(`POST ${kChat} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n`);
    const part = `10000\r\n${'x'.repeat(0x10000)}\r\n`;
    for (let sent = 0; sent < 32; ++sent) connection.write(part);
    connection.write('0\r\n\r\n');
    const reply = await connection.reply();
    assert.ok(reply === null || reply.status === 413, `status ${reply?.status}`);
    connection.close();
    assert.equal(a.requests.length, 0);
  });

  for (const [what, text] of Object.entries({
    'a trailing comma': '{"model":"gpt-4o",}', 'an open brace': '{"model":"gpt-4o"', 'no JSON': 'model=gpt-4o',
    'two documents': '{"model":"gpt-4o"}{}', 'a lone quote': '{"model":"gpt-4o","messages":[{"content":"abc]}',
      'an empty body': '',
  })) {
    scenario(`${what} is a 400 with the position`, kProvider, async ({ gateway, a }) => {
      const { message } = assertError(await gateway.post(kChat, text), 400);
      if (text !== '') assert.match(message, /\d/, 'a position');
      assert.equal(a.requests.length, 0);
    });
  }

  scenario('a body is not echoed', kProvider, async ({ gateway }) => {
    const reply = await gateway.post(kChat, `{"model":"gpt-4o","messages":[{"content":"${kKey}"},]}`);
    assertError(reply, 400);
    assert.ok(!reply.text.includes(kKey));
  });

  for (const [what, text] of Object.entries({ array: '[]', string: '"gpt-4o"', number: '1', null: 'null' })) {
    scenario(`a body that is a JSON ${what} is a 400`, kProvider,
      async ({ gateway }) => assertError(await gateway.post(kChat, text), 400));
  }

  scenario('invalid UTF-8 is a 400', kProvider, async ({ gateway, model, a }) => {
    for (const bad of [[0xff], [0xc3, 0x28], [0xed, 0xa0, 0x80], [0xc0, 0x80]]) {
      const text = Buffer.concat([Buffer.from(`{"model":"${model}","messages":[{"role":"user","content":"`),
        Buffer.from(bad),
        Buffer.from('"}]}')]);
      assertError(await gateway.post(kChat, text), 400);
    }
    assert.equal(a.requests.length, 0);
  });

  scenario('a NUL byte in a body is a 400', kProvider, async ({ gateway, model }) => {
    assertError(await gateway.post(kChat, `{"model":"${model}\0","messages":[]}`), 400);
  });

  scenario('nesting beyond 512 levels is a 400', { model: 'deep', ...kProvider }, async ({ gateway }) => {
    for (const levels of [600, 2000, 100_000]) assertError(await gateway.post(kChat, nested(levels)), 400);
    assert.equal((await gateway.post(kChat, nested(400).replace('gpt-4o', 'deep'))).status, 200);
  });

  scenario('nothing but opening brackets is a 400', kProvider,
    async ({ gateway }) => assertError(await gateway.post(kChat, '['.repeat(900_000)), 400));

  scenario('a missing model is a 400', kProvider, async ({ gateway }) => {
    const error = assertError(await gateway.post(kChat, { messages: [] }), 400);
    assert.match(error.message, /model/);
    assert.equal(error.param, 'model');
  });

  for (const wrong of [42, null, '', ['gpt-4o'], { id: 'gpt-4o' }]) {
    scenario(`the model ${JSON.stringify(wrong)} is a 400`, kProvider, async ({ gateway }) => {
      assert.match(assertError(await gateway.post(kChat, { model: wrong, messages: [] }), 400).message, /model/);
    });
  }

  scenario('an unknown model is a 404 with the nearest names', { model: 'llama-3.1-70b', ...kProvider },
    async ({ gateway }) => {
    const error = assertError(await gateway.chat('lama-3.1-70b'), 404);
    assert.match(error.message, /llama-3\.1-70b/);
    assert.equal(error.code, 'model_not_found');
  });

  scenario('a model name full of control characters breaks no reply', kProvider, async ({ gateway }) => {
    const reply = await gateway.chat('x\r\nX-Evil: 1\u0000"</script>');
    assertError(reply, 404);
    assert.equal(reply.headers['x-evil'], undefined);
  });
});

scenarios('request ids', {}, (scenario) => {
  scenario('a valid id comes back, from errors too', kProvider, async ({ chat, gateway }) => {
    assert.equal((await chat({}, { 'x-request-id': 'my-request_1.2' })).headers['x-request-id'], 'my-request_1.2');
    assert.equal((await gateway.get('/nowhere', { 'x-request-id': 'lost-1' })).headers['x-request-id'], 'lost-1');
  });

  scenario('a request without an id gets one of its own', kProvider, async ({ chat }) => {
    const ids = [(await chat()), (await chat())].map((reply) => reply.headers['x-request-id']);
    assert.ok(ids.every((id) => id?.length >= 8), ids.join());
    assert.notEqual(ids[0], ids[1]);
  });

  for (const [what, id] of Object.entries({ blanks: 'two words', 'a quote': 'a"b', markup: '<b>',
    length: 'x'.repeat(2000), 'another script': 'id\u00e9' })) {
    scenario(`an id with ${what} is replaced`, kProvider, async ({ chat }) => {
      const given = (await chat({}, { 'x-request-id': id })).headers['x-request-id'];
      assert.ok(given?.length >= 8 && given !== id, given);
      assert.match(given, /^[\w.-]+$/);
    });
  }
});

scenarios('authentication', { global: { api_key: 'client-key-0123456789' } }, (scenario) => {
  const good = { authorization: 'Bearer client-key-0123456789' };

  scenario('a request without a key is a 401', kProvider, async ({ chat, gateway, a }) => {
    const reply = await chat();
    const error = assertError(reply, 401);
    assert.equal(error.code, 'invalid_api_key');
    assert.equal(a.requests.length, 0);
    assertError(await gateway.get('/v1/models'), 401);
    assertError(await gateway.get('/admin/stats'), 401);
    assertError(await gateway.request('POST', '/admin/reload'), 401);
  });

  scenario('a wrong key is a 401 and is not echoed', kProvider, async ({ chat, a }) => {
    for (const headers of [{ authorization: 'Bearer wrong-key-9876543210' }, { 'x-api-key': 'wrong-key-9876543210' },
      { authorization: 'Basic wrong-key-9876543210' }, { authorization: 'Bearer ' },
        { authorization: 'Bearer client-key-012345678' },
      { authorization: 'Bearer client-key-01234567890' }]) {
      const reply = await chat({}, headers);
      assertError(reply, 401);
      assert.ok(!reply.text.includes('wrong-key-9876543210') && !reply.text.includes('client-key-0123456789'));
    }
    assert.equal(a.requests.length, 0);
  });

  scenario('the key is taken as Bearer and as x-api-key, and stays here', kProvider, async ({ chat, a }) => {
    for (const headers of [good, { authorization: 'bearer client-key-0123456789' },
      { 'x-api-key': 'client-key-0123456789' }]) {
      assert.equal((await chat({}, headers)).status, 200);
    }
    for (const { rawHeaders } of a.requests) {
      assert.ok(!rawHeaders.join('\n').includes('client-key'), 'the client\'s key is not the provider\'s business');
    }
  });

  scenario('health is open', kProvider, async ({ gateway }) =>
    assert.equal((await gateway.get('/health')).status, 200));

  scenario('the key guards administration when it has none of its own', kProvider, async ({ gateway }) => {
    assert.equal((await gateway.get('/admin/stats', good)).status, 200);
    assert.equal((await gateway.reload(undefined, good)).status, 200);
  });
});

scenarios('CORS', { global: { cors_origins: ['https://app.example'], api_key: 'client-key-0123456789' } },
  (scenario) => {
  const preflight = (origin) => ({ origin, 'access-control-request-method': 'POST',
    'access-control-request-headers': 'authorization,content-type' });

  scenario('a preflight from a known origin is answered without a key', kProvider, async ({ gateway }) => {
    const reply = await gateway.request('OPTIONS', kChat, { headers: preflight('https://app.example') });
    assert.ok([200, 204].includes(reply.status));
    assert.equal(reply.headers['access-control-allow-origin'], 'https://app.example');
    assert.match(reply.headers['access-control-allow-methods'], /POST/);
    const allowed = reply.headers['access-control-allow-headers'].toLowerCase();
    assert.ok(allowed === '*' || (allowed.includes('authorization') && allowed.includes('content-type')), allowed);
  });

  scenario('a preflight from elsewhere is allowed nothing', kProvider, async ({ gateway }) => {
    const reply = await gateway.request('OPTIONS', kChat, { headers: preflight('https://evil.example') });
    assert.equal(reply.headers['access-control-allow-origin'], undefined);
  });

  scenario('answers and errors carry the origin, so that a page can read them', kProvider, async ({ chat }) => {
    const headers = { origin: 'https://app.example' };
    assert.equal((await chat({}, headers)).headers['access-control-allow-origin'], 'https://app.example');
    const reply = await chat({}, { ...headers, authorization: 'Bearer client-key-0123456789' });
    assert.equal(reply.status, 200);
    assert.equal(reply.headers['access-control-allow-origin'], 'https://app.example');
    const streamed = await chat({ stream: true }, { ...headers, authorization: 'Bearer client-key-0123456789' });
    assert.equal(streamed.headers['access-control-allow-origin'], 'https://app.example');
  });
});

scenarios('CORS: off', {}, (scenario) => {
  scenario('no origin is allowed unless the configuration says so', kProvider, async ({ chat }) => {
    assert.equal((await chat({}, { origin: 'https://app.example' })).headers['access-control-allow-origin'], undefined);
  });
});
