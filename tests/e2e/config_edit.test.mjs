// The configuration as the dashboard shows, checks and saves it: secrets stay hidden, and nothing is lost on the way.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, it, test } from 'node:test';

import { assertError } from './lib/expect.mjs';
import { Gateway, removeFolder, temporaryFolder } from './lib/gateway.mjs';
import { Admin, assertNowhere, auditLines, bearer, kAdminKey, sha256 } from './lib/keys.mjs';

const kMask = '••••••••';
const kSecrets = ['sk-of-the-first-0123', 'sk-of-the-second-0123', 'value-of-the-header', 'sk-of-the-past-0123',
  'key-of-the-laptop-0123', kAdminKey];
const kText = `{
  // The old one: "api_key": "sk-of-the-past-0123"
  "_global": { "admin_key": "${kAdminKey}", "allow_config_write": true },
  "_keys": { "laptop": { "key": "key-of-the-laptop-0123" } },
  "_providers": { "here": { "type": "openai", "endpoint": "http://127.0.0.1:1" } },
  "demo": {
    "providers": [
      { "name": "first",  "use": "here", "model": "m", "api_key": "sk-of-the-first-0123" },
      { "name": "second", "use": "here", "model": "m", "api_key": "sk-of-the-second-0123",
        "custom_headers": { "X-Tenant": "value-of-the-header", "X-Name": "\${NAME_OF_TENANT:-}" } }
    ]
  }
}
`;

// What the dashboard does with the configuration.
class Editor {
  constructor(gateway, headers = bearer(kAdminKey)) {
    Object.assign(this, { gateway, headers });
  }
  async read() {
    const reply = await this.gateway.get('/admin/config', this.headers);
    assert.equal(reply.status, 200, reply.text);
    return reply.json;
  }
  check(text) {
    return this.gateway.post('/admin/config/check', text, { ...this.headers, 'content-type': 'text/plain' });
  }
  put(text, digest) {
    const match = digest === undefined ? {} : { 'if-match': `"${digest}"` };
    return this.gateway.request('PUT', '/admin/config',
      { body: text, headers: { ...this.headers, ...match, 'content-type': 'text/plain' } });
  }
  // Reads, edits and saves.
  async edit(change) {
    const { text, digest } = await this.read();
    return this.put(change(text), digest);
  }
}

const inFile = (gateway) => fs.readFileSync(gateway.configFile, 'utf8');

describe('config edit', () => {
  let gateway;
  let editor;
  before(async () => {
    gateway = await Gateway.start(kText);
    editor = new Editor(gateway);
  });
  after(async () => assert.equal(await gateway.stop(), 0));

  it('shows the file as it stands, without its secrets', async () => {
    const shown = await editor.read();
    assert.equal(shown.file, gateway.configFile);
    assert.equal(shown.digest, sha256(inFile(gateway)));
    assert.equal(shown.writable, true);
    assert.equal(shown.allow_config_write, true);
    for (const secret of kSecrets) assert.ok(!shown.text.includes(secret), secret);
    let want = inFile(gateway);
    for (const secret of kSecrets) want = want.replace(secret, kMask);
    assert.equal(shown.text, want);
    assert.ok(shown.text.includes('${NAME_OF_TENANT:-}'));
    assert.equal((await gateway.get('/admin/session', bearer(kAdminKey))).json.allow_config_write, true);
  });

  it('checks a text without changing anything', async () => {
    const { text } = await editor.read();
    const before = inFile(gateway);
    const same = await editor.check(text);
    assert.deepEqual(same.json, { ok: true, warnings: [],
      changes: { added: [], removed: [], changed: [], needs_restart: [] } });
    const other = await editor.check(text.replace('"first"', '"other"').replace(`"model": "m", "api_key": "${kMask}"`,
      '"model": "m", "api_key": "new"').replace('"allow', '"threads": 77, "allow'));
    assert.equal(other.status, 200, other.text);
    assert.deepEqual(other.json.changes, { added: ['demo/other'], removed: ['demo/first'], changed: ['_global'],
      needs_restart: ['_global.threads'] });
    assert.equal(inFile(gateway), before);
    assert.deepEqual((await gateway.providers('demo', bearer(kAdminKey))).map(({ name }) => name), ['first', 'second']);
  });

  it('tells each problem with its place', async () => {
    const { text } = await editor.read();
    const problemsOf = async (edited) => {
      const { problems } = assertError(await editor.check(edited), 400);
      return problems.map(({ path: where, line, column }) => [where, line, column]);
    };
    assert.deepEqual(await problemsOf(text.replace('"name": "first",', '"naem": "fürst",').replace('{ "admin_key"',
      '{ "port": "ä", "admin_key"')), [['_global.port', 3, 16], ['demo.providers[0].naem', 8, 9],
      ['demo.providers[0]', 8, 7], ['demo.providers[0].api_key', 8, 56]]);
  });

  it('tells where a text is no JSON', async () => {
    const { text } = await editor.read();
    const { problems } = assertError(await editor.check(text.replace('"demo": {', '"demo": {{')), 400);
    assert.deepEqual(problems.map(({ line, column }) => [line, column]), [[6, 12]]);
  });

  it('saves what was edited, puts secrets back where they were, and takes it over', async () => {
    const before = inFile(gateway);
    const reply = await editor.edit((text) => text.replace('"name": "second",', '"name": "second", "weight": 7,'));
    assert.equal(reply.status, 200, reply.text);
    assert.equal(reply.json.status, 'reloaded');
    assert.deepEqual(reply.json.changed, ['demo/second']);
    assert.equal(inFile(gateway), before.replace('"name": "second",', '"name": "second", "weight": 7,'));
    assert.equal(reply.json.digest, sha256(inFile(gateway)));
    const [, second] = await gateway.providers('demo', bearer(kAdminKey));
    assert.equal(second.weight, 7);
    assert.equal(second.api_key, 'sk-…0123');
    const line = auditLines(gateway).at(-1);
    assert.deepEqual([line.action, line.who, line.target], ['config.save', 'admin_key', 'provider.json']);
  });

  it('finds secrets by name, in whatever order providers come', async () => {
    const before = inFile(gateway);
    const entries = (text) => text.match(/\{ "name"[^]*?(?=,\n {6}\{|\n {4}\])/g);
    const swapped = (text) => {
      const [first, second] = entries(text);
      return text.replace(first, '@').replace(second, first).replace('@', second);
    };
    const reply = await editor.edit(swapped);
    assert.equal(reply.status, 200, reply.text);
    assert.equal(inFile(gateway), swapped(before));
    await editor.edit(swapped);
    assert.equal(inFile(gateway), before);
  });

  it('takes no mask for a secret', async () => {
    const before = inFile(gateway);
    const reply = await editor.edit((text) => text.replace('"laptop"', '"tablet"'));
    const { problems } = assertError(reply, 400);
    assert.deepEqual(problems.map(({ path: where, line }) => [where, line]), [['_keys.tablet.key', 4]]);
    assert.equal(inFile(gateway), before);
  });

  it('refuses a bad text and keeps the file', async () => {
    const before = inFile(gateway);
    for (const edited of ['', '{', '[]', '{"demo": {}}']) {
      const { digest } = await editor.read();
      assertError(await editor.put(edited, digest), 400);
      assert.equal(inFile(gateway), before);
    }
    assert.equal((await gateway.get('/v1/models', bearer('key-of-the-laptop-0123'))).status, 200);
  });

  it('does not write over what somebody else has changed', async () => {
    const { text, digest } = await editor.read();
    fs.appendFileSync(gateway.configFile, '\n');
    const before = inFile(gateway);
    assertError(await editor.put(text, digest), 412);
    assertError(await editor.put(text, 'x'), 412);
    assertError(await editor.put(text), 428);
    assert.equal(inFile(gateway), before);
    assert.equal((await editor.edit((again) => again)).status, 200);
  });

  it('has a bound for what it reads', async () => {
    const refused = await editor.put('x'.repeat(17 << 20), 'x').catch((error) => error.code);
    assert.ok(refused.status === 413 || ['EPIPE', 'ECONNRESET'].includes(refused), refused);
  });

  it('does not tell the values of variables', async () => {
    const gateway = await Gateway.start({ _global: { admin_key: kAdminKey }, demo: { providers: [
      { name: 'a', type: 'mock' }] } }, { env: { SOME_SECRET: 'a-very-secret-value-of-the-environment' } });
    const spy = new Editor(gateway);
    const name = '"${SOME_SECRET}"';
    for (const text of [
      `{"_global":{"admin_key":"${kAdminKey}"},"demo":{"providers":[{"name":${name},"type":"mock"}]}}`,
      `{"demo":{"providers":[{"name":${name},"model":"m","endpoint":"https://x.example","api_key":"\${NOT_THERE}"}]}}`,
      `{"demo":{"providers":[{"name":"a","type":${name}}]}}`,
      `{"_global":{"default_model":${name}},"demo":{"aliases":[${name},${name}],"providers":[]}}`]) {
      const reply = await spy.check(text);
      assert.ok([200, 400].includes(reply.status), reply.text);
      assert.ok(!reply.text.includes('a-very-secret-value'), reply.text);
    }
    assert.deepEqual((await spy.check(`{"demo":{"providers":[{"name":${name},"type":"mock"}]}}`)).json.changes.added,
      ['demo/${SOME_SECRET}']);
    assertNowhere(gateway, ['a-very-secret-value-of-the-environment']);
    assert.equal(await gateway.stop(), 0);
  });

  it('is for admins, and for pages of the gateway alone', async () => {
    for (const headers of [{}, bearer('key-of-the-laptop-0123')]) {
      for (const [method, target] of [['GET', '/admin/config'], ['POST', '/admin/config/check'],
        ['PUT', '/admin/config']]) {
        const reply = await gateway.request(method, target, { headers, body: method === 'GET' ? undefined : '{}' });
        assertError(reply, headers.authorization ? 403 : 401);
      }
    }
  });

  it('writes no secret into a log', () => assertNowhere(gateway, kSecrets));
});

test('without allow_config_write nothing is saved, and checks go on', async () => {
  const gateway = await Gateway.start(kText.replace('"allow_config_write": true', '"allow_config_write": false'));
  const editor = new Editor(gateway);
  const { text, digest, allow_config_write: allowed } = await editor.read();
  assert.equal(allowed, false);
  const before = inFile(gateway);
  assertError(await editor.put(text.replace('"m"', '"n"'), digest), 403);
  assert.equal(inFile(gateway), before);
  assert.equal((await editor.check(text)).status, 200);
  assert.equal(await gateway.stop(), 0);
});

test('a reload that is refused tells lines and columns, too', async () => {
  const gateway = await Gateway.start(kText);
  const reply = await gateway.reload(kText.replace('"demo": {', '"demo": { "strategy": "x",'), bearer(kAdminKey));
  const { problems } = assertError(reply, 400);
  assert.deepEqual(problems.map(({ path: where, line, column }) => [where, line, column]), [['demo.strategy', 6, 13]]);
  assert.equal(await gateway.stop(), 0);
});

describe('config edit: the file', () => {
  const withWeight = (text) => text.replace('"name": "second",', '"name": "second", "weight": 7,');
  const start = (options) => Gateway.start(kText, options);

  it('keeps its mode', async () => {
    const gateway = await start();
    for (const mode of [0o600, 0o640, 0o664]) {
      fs.chmodSync(gateway.configFile, mode);
      assert.equal((await new Editor(gateway).edit((text) => `${text} `)).status, 200);
      assert.equal(fs.statSync(gateway.configFile).mode & 0o777, mode);
    }
    assert.deepEqual(fs.readdirSync(gateway.folder).filter((name) => name.endsWith('.tmp')), []);
    assert.equal(await gateway.stop(), 0);
  });

  it('is left alone where it is read-only', async () => {
    const gateway = await start();
    fs.chmodSync(gateway.configFile, 0o444);
    const editor = new Editor(gateway);
    assert.equal((await editor.read()).writable, false);
    assertError(await editor.edit(withWeight), 409);
    assert.equal(inFile(gateway), kText);
    assert.equal(await gateway.stop(), 0);
  });

  it('stays a symbolic link where it is one', async () => {
    const gateway = await start();
    const real = path.join(gateway.folder, 'real', 'file.json');
    fs.mkdirSync(path.dirname(real));
    fs.renameSync(gateway.configFile, real);
    fs.symlinkSync('real/file.json', gateway.configFile);
    assert.equal((await new Editor(gateway).edit(withWeight)).status, 200);
    assert.equal(fs.readlinkSync(gateway.configFile), 'real/file.json');
    assert.equal(fs.readFileSync(real, 'utf8'), withWeight(kText));
    assert.deepEqual(fs.readdirSync(path.dirname(real)), ['file.json']);
    assert.equal(await gateway.stop(), 0);
  });

  const succeeds = (command, ...args) => {
    try {
      execFileSync(command, args, { stdio: 'ignore' });
      return true;
    } catch {
      return false;
    }
  };

  it('is written over where it alone is mounted', async (t) => {
    const gateway = await start();
    const source = path.join(gateway.folder, 'source.json');
    fs.copyFileSync(gateway.configFile, source);
    if (!succeeds('mount', '--bind', source, gateway.configFile)) {
      await gateway.stop();
      return t.skip('needs the right to mount');
    }
    try {
      assert.equal((await new Editor(gateway).edit(withWeight)).status, 200);
      assert.equal(fs.readFileSync(source, 'utf8'), withWeight(kText));
      assert.equal((await new Editor(gateway).edit(() => kText.slice(0, -1))).status, 200);  // a shorter one
      assert.equal(fs.readFileSync(source, 'utf8'), kText.slice(0, -1));
    } finally {
      succeeds('umount', '--lazy', gateway.configFile);
    }
    assert.equal(await gateway.stop(), 0);
  });

  // To the system every file is as large as it may be: writes to new ones fail as on a full disk.
  for (const [what, mounts] of [['replaced', false], ['written over', true]]) {
    it(`keeps its text when the disk is full, ${what}`, async (t) => {
      const gateway = await start();
      const source = path.join(gateway.folder, 'source.json');
      fs.copyFileSync(gateway.configFile, source);
      const limit = (size) => succeeds('prlimit', `--pid=${gateway.pid}`, `--fsize=${size}:unlimited`);
      if (!limit('unlimited') || (mounts && !succeeds('mount', '--bind', source, gateway.configFile))) {
        await gateway.kill();
        return t.skip('needs prlimit, or the right to mount');
      }
      try {
        const editor = new Editor(gateway);
        const { text, digest } = await editor.read();
        assert.ok(limit('100'));
        const reply = await editor.put(withWeight(text), digest);
        assert.ok(limit('unlimited'));
        assert.match(assertError(reply, 500).message, /not saved: can't write/);
        assert.equal(inFile(gateway), kText);
        assert.deepEqual((await gateway.providers('demo', bearer(kAdminKey))).map(({ weight }) => weight), [10, 10]);
        assert.equal((await editor.put(withWeight(text), digest)).status, 200);
        assert.equal(inFile(gateway), withWeight(kText));
      } finally {
        if (mounts) succeeds('umount', '--lazy', gateway.configFile);
      }
      assert.equal(await gateway.stop(), 0);
    });
  }
});
