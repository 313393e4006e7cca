// Keys: who may call, from where, until when, for which models, and who may use /admin.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, it, test } from 'node:test';

import { assertMessagesError } from './lib/dialects.mjs';
import { assertAnsweredBy, assertError } from './lib/expect.mjs';
import { Gateway, removeFolder, temporaryFolder } from './lib/gateway.mjs';
import { Admin, assertNowhere, bearer, kAdminKey, kMock, sha256, statusOf } from './lib/keys.mjs';
import { entryOf } from './lib/scenario.mjs';
import { says, Upstream } from './lib/upstream.mjs';

// A secret for each key of a configuration.
const secretOf = (name) => `sk-test-${name}-0123456789abcdef`;
const day = (days) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);

describe('keys of the configuration', { concurrency: 4 }, () => {
  let gateway;
  let upstream;
  let folder;
  const secrets = new Set([kAdminKey]);
  const key = (name, members = {}) => {
    secrets.add(secretOf(name));
    return [name, { sha256: sha256(secretOf(name)), ...members }];
  };
  const ask = (name, members, headers) => gateway.chat('alpha', members, { ...bearer(secretOf(name)), ...headers });
  const modelsOf = async (name) => {
    const reply = await gateway.get('/v1/models', bearer(secretOf(name)));
    return reply.json.data.map(({ id }) => id).sort();
  };

  before(async () => {
    folder = temporaryFolder();
    upstream = await Upstream.start(says('hi'));
    const file = path.join(folder, 'key');
    fs.writeFileSync(file, `${secretOf('of-file')}\n`);
    for (const name of ['of-variable', 'of-file', 'second', 'third']) secrets.add(secretOf(name));
    gateway = await Gateway.start({
      _global: { admin_key: kAdminKey },
      _keys: Object.fromEntries([
        key('plain', { owner: 'ada' }),
        ['of-variable', { key: '${KEY_OF_VARIABLE}' }],
        ['of-file', { key_file: file }],
        ['lacking', { key: '${KEY_THAT_IS_NOT_SET}' }],
        ['two', { sha256: [sha256(secretOf('second')), sha256(secretOf('third')).toUpperCase()] }],
        key('off', { enabled: false }),
        key('past', { expires: day(-2) }),
        key('past-second', { expires: '2026-01-01T00:00:00+01:00' }),
        key('future', { expires: day(2) }),
        key('elsewhere', { allowed_ips: ['10.0.0.0/8', '2001:db8::/32'] }),
        key('here', { allowed_ips: ['192.0.2.1', '127.0.0.0/8'] }),
        key('boss', { role: 'admin' }),
        key('one-model', { models: ['beta'] }),
        key('an-alias', { models: ['smart'] }),
        key('a-pattern', { models: ['*a', '!beta'] }),
        key('all-but', { models: ['!alpha'] }),
        key('served', { models: ['served-*', '!served-pro'] }),
        key('nothing', { models: ['!*'] }),
      ]),
      'alpha': { aliases: ['smart'], providers: [entryOf('a', { serve: [] }, upstream)] },
      'beta': { providers: [entryOf('a', { serve: [] }, upstream)] },
      'served-*': { providers: [entryOf('a', { serve: [] }, upstream)] },
    }, { env: { KEY_OF_VARIABLE: secretOf('of-variable'), TZ: 'UTC' } });
  });
  after(async () => {
    assertNowhere(gateway, [...secrets]);
    assert.equal(await gateway.stop(), 0);
    await upstream.stop();
    removeFolder(folder);
  });

  it('open the models, wherever they are sent', async () => {
    for (const headers of [bearer(secretOf('plain')), { 'x-api-key': secretOf('plain') },
      { 'api-key': secretOf('plain') }]) {
      assertAnsweredBy(await gateway.chat('alpha', {}, headers), 'a', 1);
    }
  });

  it('come from a variable, a file, and as digests, one or several', async () => {
    for (const [secret, name] of [['of-variable', 'of-variable'], ['of-file', 'of-file'], ['plain', 'plain'],
      ['second', 'two'], ['third', 'two']]) {
      assert.equal((await gateway.get('/v1/usage', bearer(secretOf(secret)))).json.key, name);
    }
  });

  it('whose variable is not set are left out with a warning', async () => {
    await gateway.waitForLog(/WARNING Config warning .*lacking.*KEY_THAT_IS_NOT_SET/);
    assert.equal((await new Admin(gateway).get('/keys/lacking')).status, 404);
    for (const sent of ['', '${KEY_THAT_IS_NOT_SET}']) assert.equal(await statusOf(gateway, sent), 401);
  });

  it('stand with their names in the log, and their owners in /v1/usage', async () => {
    assertAnsweredBy(await ask('plain', {}, { 'x-request-id': 'by-plain' }), 'a', 1);
    await gateway.waitForLog(/ Exchange [^\n]*id=by-plain [^\n]*key=plain /);
    const { key: name, owner, role } = (await gateway.get('/v1/usage', bearer(secretOf('plain')))).json;
    assert.deepEqual([name, owner, role], ['plain', 'ada', 'user']);
  });

  it('that are unknown, disabled or expired get a 401 in their dialect, and no provider is asked', async () => {
    for (const [name, says] of [['unknown', /wrong/], ['off', /'off' is disabled/], ['past', /'past' has expired/],
      ['past-second', /'past-second' has expired \(2025-12-31T23:00:00/]]) {
      const reply = await ask(name);
      const error = assertError(reply, 401);
      assert.match(error.message, says);
      assert.equal(error.code, 'invalid_api_key');
      assert.equal(reply.headers['x-gateway-attempts'], '0');
      const message = await gateway.post('/v1/messages', { model: 'alpha', max_tokens: 5, messages: [] },
        { 'x-api-key': secretOf(name) });
      assert.match(assertMessagesError(message, 401, 'authentication_error').message, says);
    }
    assertAnsweredBy(await ask('future'), 'a', 1);
  });

  it('are not told by a part of their secret, or by its digest', async () => {
    const secret = secretOf('plain');
    for (const sent of [secret.slice(0, -1), `${secret}x`, secret.toUpperCase(), sha256(secret), `${secret},${secret}`,
      '*', '-', 'plain', 'x'.repeat(4000)]) {
      assert.equal(await statusOf(gateway, sent), 401, sent.slice(0, 80));
    }
  });

  it('open nothing without being sent', async () => {
    for (const [method, target] of [['GET', '/v1/models'], ['GET', '/v1/models/alpha'], ['GET', '/v1/usage'],
      ['POST', '/v1/chat/completions'], ['POST', '/v1/responses'], ['POST', '/v1/embeddings'],
      ['POST', '/openai/deployments/alpha/chat/completions']]) {
      const body = method === 'POST' ? { model: 'alpha' } : undefined;
      assert.match(assertError(await gateway.request(method, target, { body }), 401).message, /No API key was sent/);
    }
    assertMessagesError(await gateway.post('/v1/messages', { model: 'alpha' }), 401, 'authentication_error');
    assert.equal((await gateway.get('/health')).status, 200);
  });

  it('may be used from their addresses alone, whatever a stranger claims', async () => {
    assertAnsweredBy(await ask('here'), 'a', 1);
    for (const headers of [{}, { 'x-forwarded-for': '10.1.2.3' }, { 'x-real-ip': '10.1.2.3' },
      { forwarded: 'for=10.1.2.3' }]) {
      assert.match(assertError(await ask('elsewhere', {}, headers), 403).message,
        /'elsewhere' may not be used from 127\.0\.0\.1/);
    }
  });

  it('see the models that they may use, and no others', async () => {
    for (const [name, models] of [['plain', ['alpha', 'beta', 'smart']], ['one-model', ['beta']],
      ['an-alias', ['smart']], ['a-pattern', ['alpha', 'smart']], ['all-but', ['beta']], ['served', []],
      ['nothing', []]]) {
      assert.deepEqual(await modelsOf(name), models, name);
    }
    const { data } = (await gateway.get('/v1/models',
      { 'x-api-key': secretOf('one-model'), 'anthropic-version': '2023-06-01' })).json;
    assert.deepEqual(data.map(({ id }) => id), ['beta']);
  });

  it('get the models that they may use, and no others', async () => {
    const rows = [['one-model', 'beta', 'alpha'], ['one-model', 'beta', 'smart'], ['an-alias', 'smart', 'alpha'],
      ['a-pattern', 'alpha', 'beta'], ['a-pattern', 'smart', 'beta'], ['all-but', 'beta', 'smart'],
      ['all-but', 'served-mini', 'alpha'], ['served', 'served-mini', 'served-pro'], ['served', 'served-x', 'beta']];
    for (const [name, may, mayNot] of rows) {
      const headers = bearer(secretOf(name));
      assertAnsweredBy(await gateway.chat(may, {}, headers), 'a', 1);
      const error = assertError(await gateway.chat(mayNot, {}, headers), 403);
      assert.ok(error.message.includes(`'${name}' may not use the model '${mayNot}'`), error.message);
      assert.equal((await gateway.get(`/v1/models/${may}`, headers)).json.id, may);
      assert.equal(assertError(await gateway.get(`/v1/models/${mayNot}`, headers), 404).code, 'model_not_found');
    }
    const reply = await gateway.post('/v1/messages', { model: 'alpha', max_tokens: 5, messages: [] },
      { 'x-api-key': secretOf('one-model') });
    assertMessagesError(reply, 403, 'permission_error');
  });

  it('are not told the names of models that they may not use', async () => {
    const { message } = assertError(await gateway.chat('alphas', {}, bearer(secretOf('one-model'))), 404);
    assert.doesNotMatch(message, /alpha'/);
    assert.match(assertError(await gateway.chat('betas', {}, bearer(secretOf('one-model'))), 404).message, /'beta'/);
  });

  it('can not be changed, rotated or deleted through /admin', async () => {
    const admin = new Admin(gateway);
    for (const reply of [await admin.change('plain', { enabled: false }), await admin.rotate('plain'),
      await admin.delete('plain')]) {
      assert.match(assertError(reply, 409).message, /'plain' stands in the configuration file/);
    }
    assert.match(assertError(await admin.request('POST', '/keys', { name: 'plain' }), 409).message, /'plain'/);
    assertAnsweredBy(await ask('plain'), 'a', 1);
  });

  it('are listed with what they may, and without their secrets and digests', async () => {
    const admin = new Admin(gateway);
    const keys = await admin.keys();
    const { source, models, expired } = keys.find(({ name }) => name === 'past');
    assert.deepEqual([source, models, expired], ['config', [], true]);
    assert.deepEqual(keys.find(({ name }) => name === 'a-pattern').models, ['*a', '!beta']);
    assert.ok(!keys.some(({ name }) => name === 'admin_key'));
    const text = JSON.stringify(keys);
    for (const secret of secrets) {
      assert.ok(!text.includes(secret) && !text.includes(sha256(secret)), secret);
    }
  });

  // ---- /admin -----------------------------------------------------------------------------------------

  const source = fs.readFileSync(new URL('../../src/api/router.cpp', import.meta.url), 'utf8');
  const routes = [...source.matchAll(/\{"([A-Z]+)", "(\/[^"]+)", Guard::(\w+),/g)]
    .map(([, method, target, guard]) => ({ method, target: target.replace('*', 'nobody'), guard }));
  // Who has no key yet logs in there.
  const doors = ['/admin/login', '/admin/logout', '/admin/session'];
  const adminRoutes = routes.filter(({ target }) => target.startsWith('/admin') && !doors.includes(target));

  it('every route of /admin is for admins', () => {
    assert.ok(adminRoutes.length >= 15, 'the table of routes can be read');
    assert.deepEqual(adminRoutes.filter(({ guard }) => guard !== 'Admin'), []);
  });

  for (const { method, target } of adminRoutes) {
    it(`${method} ${target} is for the role admin alone`, async () => {
      const call = (headers, as = method) => gateway.request(as, target, { headers,
        body: method === 'GET' || method === 'DELETE' ? undefined : {} });
      const isSaving = method === 'PUT';  // which the configuration does not allow
      assert.match(assertError(await call({}), 401).message, /No API key was sent/);
      assertError(await call(bearer('wrong-key-0123456789')), 401);
      for (const name of ['off', 'past']) assertError(await call(bearer(secretOf(name))), 401);
      assert.match(assertError(await call(bearer(secretOf('plain'))), 403).message, /'plain' may not use \/admin/);
      for (const secret of [secretOf('boss'), kAdminKey]) {
        const reply = await call(bearer(secret), target === '/admin/events' ? 'HEAD' : method);  // it does not end
        assert.ok([200, 400, 404].includes(reply.status) || isSaving, reply.text);
        assert.doesNotMatch(reply.text, /may not use \/admin/);
      }
    });
  }

  it('a user key may not use /admin under another spelling of it', async () => {
    for (const target of ['/admin/keys?x', '/admin/../admin/keys', '//admin/keys', '/%61dmin/keys', '/Admin/keys',
      '/openai/admin/keys', '/openai/v1/../admin/keys', '/admin/keys/', '/v1/../admin/keys']) {
      const reply = await gateway.get(target, bearer(secretOf('plain')));
      assert.ok([400, 403, 404].includes(reply.status), `${target}: ${reply.status} ${reply.text}`);
    }
    assert.equal((await gateway.request('HEAD', '/admin/keys', { headers: bearer(secretOf('plain')) })).status, 403);
  });
});

test('behind a trusted proxy a key\'s addresses are those that it tells', async () => {
  const gateway = await Gateway.start({ _global: { admin_key: kAdminKey, trusted_proxies: ['127.0.0.1'] },
    _keys: { home: { key: secretOf('home'), allowed_ips: ['10.0.0.0/8'] } }, model: kMock });
  const from = async (address) => (await gateway.chat('model', {},
    { ...bearer(secretOf('home')), ...(address ? { 'x-forwarded-for': address } : {}) })).status;
  assert.equal(await from('10.1.2.3'), 200);
  assert.equal(await from('10.1.2.3, 10.9.9.9'), 200);
  for (const address of ['', '11.1.2.3', '10.1.2.3, 11.1.2.3', 'nonsense']) {
    assert.equal(await from(address), 403, address);
  }
  assert.equal(await gateway.stop(), 0);
});

test('an admin_key alone leaves the models open, and guards /admin', async () => {
  const gateway = await Gateway.start({ _global: { admin_key: kAdminKey }, model: kMock });
  for (const headers of [{}, bearer('anything')]) {
    assert.equal((await gateway.chat('model', {}, headers)).status, 200);
    assertError(await gateway.get('/admin/stats', headers), 401);
  }
  assert.equal((await gateway.get('/admin/stats', bearer(kAdminKey))).status, 200);
  assert.equal(await gateway.stop(), 0);
});

test('without any key everybody may do everything, and from the first key on nobody without one', async () => {
  const gateway = await Gateway.start({ model: kMock });
  const anybody = new Admin(gateway, null);
  assert.equal((await gateway.chat('model')).status, 200);
  assert.match(assertError(await anybody.request('POST', '/keys', { name: 'user' }), 409).message,
    /Nobody could use \/admin.*"role": "admin"/);
  assert.equal((await gateway.chat('model')).status, 200, 'what was refused changes nothing');

  const { secret } = await anybody.create('boss', { role: 'admin' });
  assertError(await gateway.chat('model'), 401);
  assertError(await anybody.get('/keys'), 401);
  assertError(await anybody.request('POST', '/keys', { name: 'thief', role: 'admin' }), 401);
  const boss = new Admin(gateway, secret);
  const user = await boss.create('user');
  for (const key of [secret, user.secret]) assert.equal((await gateway.chat('model', {}, bearer(key))).status, 200);
  assertNowhere(gateway, [secret, user.secret]);
  assert.equal(await gateway.stop(), 0);
});

test('who has no other admin can not lock himself out', async () => {
  const gateway = await Gateway.start({ model: kMock });
  const { secret } = await new Admin(gateway, null).create('boss', { role: 'admin' });
  const boss = new Admin(gateway, secret);
  await boss.create('user');
  for (const reply of [await boss.change('boss', { role: 'user' }), await boss.change('boss', { role: null }),
    await boss.change('boss', { enabled: false }), await boss.change('boss', { expires: '2020-01-01' }),
    await boss.delete('boss')]) {
    assert.match(assertError(reply, 409).message, /Nobody could use \/admin any more/);
  }
  const { role, enabled, expires } = await boss.key('boss');
  assert.deepEqual([role, enabled, expires], ['admin', true, null]);

  const deputy = new Admin(gateway, (await boss.create('deputy', { role: 'admin' })).secret);
  assert.equal((await boss.delete('boss')).status, 200);
  assert.deepEqual(await deputy.names(), ['user', 'deputy']);
  assertError(await deputy.delete('deputy'), 409);
  assert.equal((await deputy.delete('user')).status, 200);
  assert.equal((await deputy.delete('deputy')).status, 200, 'the last of all keys may go: then all is open again');
  assert.equal((await gateway.chat('model')).status, 200);
  assert.equal(await gateway.stop(), 0);
});

test('the api_key is the administrator\'s, unless there is an admin_key', async () => {
  const simple = 'simple-key-0123456789';
  const gateway = await Gateway.start({ _global: { api_key: simple }, model: kMock });
  const admin = new Admin(gateway, simple);
  const { secret } = await admin.create('user');
  assert.deepEqual(await admin.names(), ['user']);
  for (const key of [simple, secret]) assert.equal((await gateway.chat('model', {}, bearer(key))).status, 200);
  const both = { _global: { api_key: simple, admin_key: kAdminKey }, model: kMock };
  const reply = await gateway.reload(both, bearer(simple));
  assert.equal(reply.status, 200, reply.text);
  assertError(await admin.get('/keys'), 403);
  assert.deepEqual(await new Admin(gateway).names(), ['user']);
  assertNowhere(gateway, [simple, secret, kAdminKey]);
  assert.equal(await gateway.stop(), 0);
});
