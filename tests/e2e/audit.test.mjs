// The audit log: a line for each change through /admin, there when the change is answered, and no secret in any file.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, it, test } from 'node:test';

import { kYearly } from './lib/cron.mjs';
import { assertError } from './lib/expect.mjs';
import { Gateway, removeFolder, temporaryFolder } from './lib/gateway.mjs';
import { kRules, tokenOf } from './lib/jwt.mjs';
import { Admin, assertNowhere, auditLines, bearer, kAdminKey, kMock, statusOf } from './lib/keys.mjs';
import { entryOf, kKey } from './lib/scenario.mjs';
import { says, status, Upstream } from './lib/upstream.mjs';

const kBare = { owner: null, role: 'user', enabled: true, expires: null, models: [], allowed_ips: [],
  choose_strategy: false, limits: null, budget: null };
const kConfig = { _global: { admin_key: kAdminKey }, model: kMock };

describe('each change has its line', () => {
  let gateway;
  let admin;
  before(async () => {
    gateway = await Gateway.start(kConfig);
    admin = new Admin(gateway);
  });
  after(async () => {
    assertNowhere(gateway, [...admin.secrets, kAdminKey]);
    assert.equal(await gateway.stop(), 0);
  });

  // The lines that `change` adds to the log, without their times, which are those of the change.
  async function linesOf(change) {
    const before = fs.existsSync(path.join(gateway.logFolder, 'audit.log')) ? auditLines(gateway).length : 0;
    const begin = Date.now();
    await change();
    return auditLines(gateway).slice(before).map(({ time, ...line }) => {
      assert.match(time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d$/);
      assert.ok(Date.parse(time) >= begin && Date.parse(time) <= Date.now(), time);
      return line;
    });
  }
  const line = (action, target, before, after) => (
    { who: 'admin_key', from: '127.0.0.1', action, target, before, after });

  it('a key that is made', async () => {
    const lines = await linesOf(() => admin.create('laptop', { owner: 'ada', models: ['gpt-*'] }));
    assert.deepEqual(lines, [line('key.create', 'laptop', null, { ...kBare, owner: 'ada', models: ['gpt-*'] })]);
  });

  it('a key that is changed, with what it was', async () => {
    const was = { ...kBare, owner: 'ada', models: ['gpt-*'] };
    const is = { ...was, enabled: false, models: [],
      budget: [{ cost_per_period: 0.000000001, period_cron: kYearly }] };
    const lines = await linesOf(() => admin.change('laptop', { enabled: false, models: null,
      budget: { cost_per_period: 0.000000001, period_cron: kYearly } }));
    assert.deepEqual(lines, [line('key.change', 'laptop', was, is)]);
  });

  it('a rotation', async () => {
    const lines = await linesOf(() => admin.rotate('laptop', { grace: 90 }));
    assert.deepEqual(lines, [line('key.rotate', 'laptop', null, { grace_seconds: 90 })]);
  });

  it('a key that is deleted', async () => {
    await admin.create('short-lived');
    const lines = await linesOf(() => admin.delete('short-lived'));
    assert.deepEqual(lines, [line('key.delete', 'short-lived', kBare, null)]);
  });

  it('a credit, and one that is taken back', async () => {
    const lines = await linesOf(async () => {
      for (const amount of [12.5, -2.25]) {
        const reply = await admin.request('POST', '/owners/ada/credit', { amount, note: 'cash' });
        assert.equal(reply.status, 200, reply.text);
      }
    });
    assert.deepEqual(lines, [
      line('owner.credit', 'ada', { balance: null }, { balance: 12.5, amount: 12.5, note: 'cash' }),
      line('owner.credit', 'ada', { balance: 12.5 }, { balance: 10.25, amount: -2.25, note: 'cash' })]);
  });

  it('a counter that is reset', async () => {
    assert.equal((await gateway.chat('model', {}, bearer(kAdminKey))).status, 200);
    const { requests, tokens } = (await gateway.stats(bearer(kAdminKey))).model.mock;
    const lines = await linesOf(() => admin.request('DELETE', '/usage/model/mock'));
    assert.deepEqual(lines,
      [line('usage.reset', 'model/mock', { requests, tokens, cost: 0 }, { requests: 0, tokens: 0, cost: 0 })]);
  });

  it('a reload, with what it changed', async () => {
    const owners = { ada: { markup: 0.5 } };
    const lines = await linesOf(() => gateway.reload({ ...kConfig, _owners: owners, more: kMock }, bearer(kAdminKey)));
    assert.equal(lines.length, 1);
    const [{ action, before, after }] = lines;
    assert.equal(action, 'config.reload');
    assert.deepEqual(before, {});
    assert.deepEqual(Object.keys(after), ['_owners/ada', 'more', 'more/mock']);
    assert.equal(after['_owners/ada'].markup, 0.5);
    const [again] = await linesOf(() => gateway.reload({ ...kConfig, more: kMock }, bearer(kAdminKey)));
    assert.deepEqual(again.before, { '_owners/ada': after['_owners/ada'] });
    assert.deepEqual(again.after, {});
  });

  it('what is refused or only looked at has none', async () => {
    const user = new Admin(gateway, (await admin.create('user')).secret);
    const lines = await linesOf(async () => {
      for (const reply of [await admin.request('POST', '/keys', { name: 'user' }),
        await admin.change('user', { role: 'boss' }), await admin.rotate('user', { grace: -1 }),
        await admin.delete('nobody'), await admin.request('POST', '/owners/ada/credit', { amount: 'much' }),
        await admin.request('DELETE', '/usage/model/nobody'), await gateway.reload('{', bearer(kAdminKey)),
        await user.request('POST', '/keys', { name: 'stolen' }), await user.change('user', { role: 'admin' }),
        await new Admin(gateway, null).delete('user')]) {
        assert.ok(reply.status >= 400, reply.text);
      }
      for (const target of ['/keys', '/keys/user', '/owners', '/owners/ada', '/owners/ada/transactions', '/stats',
        '/usage', '/providers/model']) {
        assert.equal((await admin.get(target)).status, 200);
      }
    });
    assert.deepEqual(lines, []);
  });

  it('a hostile text stays in its line', async () => {
    const note = 'paid\n{"who":"eve","action":"key.create"}\r\n"\\\u0000\u001b[2J\u2028';
    const [{ after: { note: kept } }, ...others] = await linesOf(async () => {
      const reply = await admin.request('POST', '/owners/bob/credit', { amount: 1, note });
      assert.equal(reply.status, 200, reply.text);
    });
    assert.equal(kept, note);
    assert.deepEqual(others, []);
    assert.doesNotMatch(gateway.logs(), /\u001b|\u0000/);
  });

  it('and one in the log', async () => {
    await admin.request('POST', '/keys', { name: 'seen' });
    await gateway.waitForLog(/INFO Admin change .*who=admin_key client=127\.0\.0\.1 action=key\.create target=seen/);
  });
});

test('who it was: nobody, the api_key, a key by its name; and where from, behind a trusted proxy', async () => {
  const gateway = await Gateway.start({ _global: { trusted_proxies: ['127.0.0.1'] }, model: kMock });
  const { secret } = await new Admin(gateway, null).create('boss', { role: 'admin' });
  const boss = new Admin(gateway, secret);
  boss.headers['x-forwarded-for'] = '203.0.113.9, 198.51.100.7';
  await boss.create('laptop');
  const simple = 'simple-key-0123456789';
  await gateway.reload({ _global: { api_key: simple }, model: kMock }, bearer(secret));
  const plain = new Admin(gateway, simple);
  plain.headers['x-forwarded-for'] = '203.0.113.9';
  await plain.delete('laptop');
  assert.deepEqual(auditLines(gateway).map(({ who, from, action }) => [who, from, action]), [
    ['-', '127.0.0.1', 'key.create'], ['boss', '198.51.100.7', 'key.create'], ['boss', '127.0.0.1', 'config.reload'],
    ['api_key', '127.0.0.1', 'key.delete']]);
  assert.equal(await gateway.stop(), 0);
});

test('the line is there after a kill right behind the answer, and the next gateway goes on below it', async () => {
  let gateway = await Gateway.start(kConfig);
  for (let n = 0; n < 3; ++n) {
    await new Admin(gateway).create(`key-${n}`);
    await gateway.kill({ keepFolder: true });
    const all = Array.from({ length: n + 1 }, (_, k) => `key-${k}`);
    assert.deepEqual(auditLines(gateway).map(({ target }) => target), all);
    gateway = await Gateway.start(kConfig, { folder: gateway.folder });
  }
  assert.equal(await gateway.stop(), 0);
});

test('changes at once have a whole line each', async () => {
  const gateway = await Gateway.start(kConfig);
  const admin = new Admin(gateway);
  const names = Array.from({ length: 30 }, (_, n) => `key-${n}`);
  await Promise.all(names.map((name) => admin.create(name)));
  assert.deepEqual(auditLines(gateway).map(({ target }) => target).sort(), names.sort());
  assert.equal(await gateway.stop(), 0);
});

test('an audit log that can not be written is an error in the log, and stops nothing', async () => {
  const gateway = await Gateway.start(kConfig);
  const admin = new Admin(gateway);
  await admin.create('before');
  const file = path.join(gateway.logFolder, 'audit.log');
  fs.renameSync(file, `${file}.aside`);
  fs.mkdirSync(file);
  const { secret } = await admin.create('while');
  assert.equal(await statusOf(gateway, secret), 200);
  await gateway.waitForLog(/ERROR Audit log not written /);
  fs.rmdirSync(file);
  await admin.create('after');
  assert.deepEqual(auditLines(gateway).map(({ target }) => target), ['after']);
  assert.equal(await gateway.stop({ keepFolder: true }), 0);

  fs.rmSync(file);
  fs.mkdirSync(file);
  const next = await Gateway.start(kConfig, { folder: gateway.folder });
  await next.waitForLog(/WARNING No audit log /);
  await new Admin(next).create('without');
  assert.equal(await next.stop(), 0);
});

test('no secret stands in any file, whatever was done with it', async () => {
  const folder = temporaryFolder();
  const inFile = 'sk-in-a-file-0123456789';
  const jwtSecret = 'a-jwt-secret-of-32-bytes-0123456789';
  const ofConfig = 'sk-of-the-config-0123456789';
  const simple = 'simple-key-0123456789';
  fs.writeFileSync(path.join(folder, 'key'), inFile);
  const upstream = await Upstream.start([says('hi'), status(500, { message: `bad key ${kKey}` }),
    status(401, { message: `wrong: ${kKey}` }), says('hi')]);
  const config = {
    _global: { admin_key: kAdminKey, api_key: simple, jwt: { ...kRules, secret: jwtSecret, role_claim: 'role' } },
    _keys: { conf: { key: ofConfig, owner: 'ada' }, file: { key_file: path.join(folder, 'key') } },
    model: { providers: [entryOf('a', { serve: [] }, upstream)] },
  };
  const gateway = await Gateway.start(config);
  const admin = new Admin(gateway);
  const tokens = [tokenOf('HS256', jwtSecret, { role: 'admin' }), tokenOf('HS256', `${jwtSecret}x`),
    tokenOf('HS256', jwtSecret, { aud: 'other' })];
  const guesses = ['sk-guessed-0123456789', 'sk-gw-guessed-0123456789012345678901234567890', 'Bearer twice'];
  const { secret } = await admin.create('laptop', { owner: 'ada' });
  await admin.rotate('laptop', { grace: 60 });

  for (const credential of [kAdminKey, simple, ofConfig, inFile, secret, ...tokens, ...guesses]) {
    for (const headers of [bearer(credential), { 'x-api-key': credential }, { 'api-key': credential }]) {
      await gateway.chat('model', {}, headers);
      await gateway.get('/v1/usage', headers);
      await gateway.get('/admin/stats', headers);
    }
    await gateway.get(`/admin/nothing?key=${encodeURIComponent(credential)}`, bearer(credential));
  }
  // Where a hasty hand may put a secret.
  const misplaced = 'sk-misplaced-0123456789';
  for (const member of ['key', 'secret', 'enabled', 'expires']) {
    assertError(await admin.request('POST', '/keys', { name: 'x', [member]: misplaced }), 400);
  }
  await gateway.reload({ ...config, _keys: { conf: { key: misplaced, role: 'boss' } } }, bearer(kAdminKey));
  await gateway.reload({ ...config, _keys: { conf: { key: ofConfig }, other: { key: ofConfig } } }, bearer(kAdminKey));
  await gateway.reload({ ...config, _keys: { conf: { key: `${ofConfig}-2` } } }, bearer(kAdminKey));
  await admin.delete('laptop');
  const seen = [kAdminKey, simple, ofConfig, inFile, jwtSecret, kKey, misplaced, ...guesses, ...admin.secrets,
    ...tokens.map((token) => token.split('.')[2])];
  assertNowhere(gateway, seen);
  assert.equal(await gateway.stop({ keepFolder: true }), 0);
  assertNowhere(gateway, seen);
  assert.equal(admin.secrets.length, 2);
  removeFolder(gateway.folder);
  removeFolder(folder);
  await upstream.stop();
});
