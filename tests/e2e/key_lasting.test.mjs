// What is still there of the keys that were made at run time: after a restart, a kill, a disk that fails, and a reload.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';

import { assertError } from './lib/expect.mjs';
import { Gateway, removeFolder, runBinary } from './lib/gateway.mjs';
import { Admin, assertNowhere, bearer, kAdminKey, kMock, sha256, statusOf } from './lib/keys.mjs';

const kFixed = 'sk-test-fixed-0123456789';
const kConfig = { _global: { admin_key: kAdminKey }, _keys: { fixed: { key: kFixed } }, model: kMock };
const keyFileOf = (gateway) => path.join(gateway.dataFolder, 'keys.json');

test('keys, their settings and their secrets are there after a restart', async () => {
  const first = await Gateway.start(kConfig);
  const before = new Admin(first);
  const { secret: old } = await before.create('kept', { owner: 'ada', models: ['model'] });
  const { secret } = (await before.rotate('kept', { grace: 3600 })).json;
  const { secret: gone } = await before.create('deleted');
  await before.delete('deleted');
  await before.create('off', { enabled: false });
  const keys = await before.keys();
  assert.equal(await first.stop({ keepFolder: true }), 0);

  const gateway = await Gateway.start(kConfig, { folder: first.folder });
  assert.deepEqual(await new Admin(gateway).keys(), keys);
  for (const one of [old, secret]) assert.equal(await statusOf(gateway, one), 200);
  assert.equal(await statusOf(gateway, gone), 401);
  assert.equal((await gateway.chat('model', {}, bearer(secret))).status, 200);
  assertNowhere(gateway, [old, secret, gone]);
  assert.equal(await gateway.stop(), 0);
});

test('every change that was answered is there after a kill right behind the answer', async () => {
  let gateway = await Gateway.start(kConfig);
  const secrets = new Map();  // by name; null: deleted
  for (let round = 0; round < 4; ++round) {
    const admin = new Admin(gateway);
    const isEnough = round * 3 + 3;
    let answers = 0;
    // Three make, rotate and delete, until the first of them has had enough answers; the others are cut in the middle.
    await Promise.allSettled([0, 1, 2].map(async (who) => {
      for (let n = 0; answers < isEnough; ++n) {
        const name = `key-${round}-${who}-${n}`;
        secrets.set(name, (await admin.create(name)).secret);
        if (n % 3 === 1) secrets.delete(name);  // until the answer it may be either
        if (n % 3 === 1) secrets.set(name, (await admin.rotate(name, { grace: 0 })).json.secret);
        if (n % 3 === 2) secrets.delete(name);
        if (n % 3 === 2 && (await admin.delete(name)).status === 200) secrets.set(name, null);
        if (++answers === isEnough) gateway.signal('SIGKILL');
      }
    }));
    await gateway.exited();
    gateway = await Gateway.start(kConfig, { folder: gateway.folder });
    const names = await new Admin(gateway).names();
    for (const [name, secret] of secrets) {
      assert.equal(names.includes(name), secret !== null, name);
      if (secret) assert.equal((await gateway.get('/v1/usage', bearer(secret))).json.key, name);
    }
  }
  assertNowhere(gateway, [...secrets.values()].filter((secret) => secret));
  assert.equal(await gateway.stop(), 0);
});

test('a broken file of keys stops the start, is told, and is left as it is', async () => {
  const gateway = await Gateway.start(kConfig);
  await new Admin(gateway).create('one');
  const good = fs.readFileSync(keyFileOf(gateway), 'utf8');
  assert.equal(await gateway.stop({ keepFolder: true }), 0);
  for (const [broken, says] of [[good.slice(0, -20), /keys\.json/], ['', /keys\.json/],
    [good.replace('"settings":{}', '"settings":{"modles":[]}'), /keys\[0\]\.settings.*modles: unknown field/],
    [good.replace('"version":1', '"version":2'), /version: expected 1/],
    [good.replace(/"sha256":"..../, '"sha256":"zzzz'), /keys\[0\]\.digests\[0\]\.sha256/],
    [good.replace('"created"', '"colour":"red","created"'), /keys\[0\]\.colour: unknown field/]]) {
    assert.notEqual(broken, good);
    fs.writeFileSync(keyFileOf(gateway), broken);
    const { code, stderr } = await runBinary(['--config', gateway.configFile, '--data', gateway.dataFolder, '--logs',
      gateway.logFolder, '--port', '0']);
    assert.equal(code, 1);
    assert.match(stderr, says);
    assert.match(stderr, /repair the file, or move it away/);
    assert.equal(fs.readFileSync(keyFileOf(gateway), 'utf8'), broken);
  }
  removeFolder(gateway.folder);
});

test('a change that can not be saved has not happened', async () => {
  const gateway = await Gateway.start(kConfig);
  const admin = new Admin(gateway);
  const { secret } = await admin.create('saved');
  const beside = fs.readdirSync(gateway.dataFolder);
  // Where the file is replaced there is a folder now, which no file can take the place of.
  fs.renameSync(keyFileOf(gateway), `${keyFileOf(gateway)}.aside`);
  fs.mkdirSync(keyFileOf(gateway));
  for (const reply of [await admin.request('POST', '/keys', { name: 'lost' }),
    await admin.rotate('saved', { grace: 0 }), await admin.change('saved', { enabled: false }),
    await admin.delete('saved')]) {
    assertError(reply, 500);
  }
  assert.deepEqual((await admin.names()), ['fixed', 'saved']);
  assert.equal(await statusOf(gateway, secret), 200);
  fs.rmdirSync(keyFileOf(gateway));
  const again = await admin.create('again');
  assert.equal(await statusOf(gateway, again.secret), 200);
  fs.rmSync(`${keyFileOf(gateway)}.aside`);
  assert.deepEqual(fs.readdirSync(gateway.dataFolder), beside, 'nothing is left lying about');
  assert.equal(await gateway.stop(), 0);
});

// ---- reloads ----------------------------------------------------------------------------------------

test('a reload keeps run-time keys, takes over those of the file, and tells which', async () => {
  const gateway = await Gateway.start(kConfig);
  const admin = new Admin(gateway);
  const { secret } = await admin.create('kept', { models: ['model'] });
  const digest = (secretOf) => ({ sha256: sha256(secretOf) });
  const fresh = 'sk-test-fresh-0123456789';
  const reload = await gateway.reload({ ...kConfig, _keys: { fresh: digest(fresh) } }, bearer(kAdminKey));
  assert.equal(reload.status, 200, reload.text);
  assert.deepEqual([reload.json.added, reload.json.removed], [['_keys/fresh'], ['_keys/fixed']]);
  assert.deepEqual(await Promise.all([secret, fresh, kFixed].map((one) => statusOf(gateway, one))),
    [200, 200, 401]);

  const broken = await gateway.reload({ ...kConfig, _keys: { fresh: { ...digest(fresh), role: 'boss' } } },
    bearer(kAdminKey));
  assert.match(assertError(broken, 400).message, /_keys\.fresh\.role/);
  for (const one of [secret, fresh]) assert.equal(await statusOf(gateway, one), 200);
  assert.equal(await gateway.stop(), 0);
});

test('a key of the file that takes a run-time key\'s name counts, and the others can still be changed', async () => {
  const gateway = await Gateway.start(kConfig);
  const admin = new Admin(gateway);
  const { secret: hidden } = await admin.create('double', { owner: 'ada' });
  await admin.create('other');
  const secret = 'sk-test-double-0123456789';
  const taken = { ...kConfig, _keys: { double: { sha256: sha256(secret), owner: 'bob' } } };
  assert.equal((await gateway.reload(taken, bearer(kAdminKey))).status, 200);
  assert.deepEqual(await admin.names(), ['double', 'other']);
  assert.equal((await gateway.get('/v1/usage', bearer(secret))).json.owner, 'bob');
  assert.equal(await statusOf(gateway, hidden), 401);
  assertError(await admin.delete('double'), 409);

  assert.equal((await admin.change('other', { owner: 'eve' })).status, 200);
  await admin.create('third');
  assert.equal((await admin.delete('third')).status, 200);

  assert.equal((await gateway.reload(kConfig, bearer(kAdminKey))).status, 200);
  assert.equal((await gateway.get('/v1/usage', bearer(hidden))).json.owner, 'ada');
  assert.equal(await gateway.stop(), 0);
});

test('an exchange in flight ends as it began when its key is deleted', async () => {
  const gateway = await Gateway.start({ ...kConfig, slow: { providers: [{ name: 'm', type: 'mock',
    mock: { latency: 0, tokens_per_second: 100, reply: 'word '.repeat(20) } }] } });
  const admin = new Admin(gateway);
  const { secret } = await admin.create('leaves');
  const stream = await gateway.stream('slow', {}, bearer(secret));
  await stream.nextEvent();
  assert.equal((await admin.delete('leaves')).status, 200);
  assert.equal((await stream.rest()).at(-1).data, '[DONE]');
  assert.equal(await statusOf(gateway, secret), 401);
  assert.equal(await gateway.stop(), 0);
});
