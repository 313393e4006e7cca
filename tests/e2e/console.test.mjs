// The dashboard's files, and who may use it: headers, redirects, login, requests of foreign pages.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import zlib from 'node:zlib';

import { assertError } from './lib/expect.mjs';
import { Gateway } from './lib/gateway.mjs';
import { Admin, assertNowhere, auditLines, bearer, kAdminKey } from './lib/keys.mjs';

const kWeb = fileURLToPath(new URL('../../web/', import.meta.url));
const kMock = { demo: { providers: [{ name: 'm', type: 'mock', mock: { latency: 0 } }] } };

describe('console: the page', () => {
  let gateway;
  before(async () => {
    gateway = await Gateway.start(kMock);
  });
  after(async () => assert.equal(await gateway.stop(), 0));

  const types = { '.html': 'text/html; charset=utf-8', '.css': 'text/css; charset=utf-8',
    '.js': 'text/javascript; charset=utf-8', '.svg': 'image/svg+xml' };
  const files = fs.readdirSync(kWeb, { recursive: true }).filter((name) => types[/\.\w+$/.exec(name)?.[0]]);

  it('is in the binary, each file as it stands in web/', async () => {
    assert.ok(files.includes('index.html'));
    for (const name of files) {
      const want = fs.readFileSync(kWeb + name, 'utf8');
      const plain = await gateway.get(`/dashboard/${name}`);
      assert.equal(plain.status, 200, name);
      assert.equal(plain.text, want, name);
      assert.equal(plain.headers['content-type'], types[/\.\w+$/.exec(name)[0]]);
      const zipped = await gateway.get(`/dashboard/${name}`, { 'accept-encoding': 'gzip, deflate, br' });
      assert.equal(zipped.headers['content-encoding'], 'gzip', name);
      assert.equal(zlib.gunzipSync(zipped.bytes).toString(), want, name);
    }
    assert.equal((await gateway.get('/dashboard')).text, fs.readFileSync(`${kWeb}index.html`, 'utf8'));
    assert.equal((await gateway.get('/dashboard/')).status, 200);
  });

  it('lets nothing of others run, be framed or be asked', async () => {
    const { headers } = await gateway.get('/dashboard');
    const policy = headers['content-security-policy'].split('; ');
    for (const rule of ["default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'",
      "img-src 'self' data:", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"]) {
      assert.ok(policy.includes(rule), rule);
    }
    assert.doesNotMatch(headers['content-security-policy'], /unsafe|\*|https?:/);
    assert.equal(headers['x-content-type-options'], 'nosniff');
    assert.equal(headers['referrer-policy'], 'no-referrer');
    assert.equal(headers['cache-control'], 'no-cache');
  });

  it('is not sent twice to who has it', async () => {
    const first = await gateway.get('/dashboard');
    const again = await gateway.get('/dashboard', { 'if-none-match': first.headers.etag });
    assert.equal(again.status, 304);
    assert.equal(again.text, '');
    assert.equal(again.headers.etag, first.headers.etag);
    assert.equal((await gateway.get('/dashboard', { 'if-none-match': '"other"' })).status, 200);
    const head = await gateway.request('HEAD', '/dashboard');
    assert.equal(head.status, 200);
    assert.equal(head.headers['content-length'], String(first.text.length));
  });

  it('is where browsers are led from /', async () => {
    const page = await gateway.get('/', { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' });
    assert.equal(page.status, 303);
    assert.equal(page.headers.location, '/dashboard');
    for (const accept of ['*/*', 'application/json']) {
      const reply = await gateway.get('/', { accept });
      assert.equal(reply.status, 200);
      assert.ok(reply.json.endpoints.includes('/v1/models'));
    }
  });

  it('has nothing else below it', async () => {
    for (const path of ['/dashboard/nothing.js', '/dashboard/../README.md', '/dashboard/%2e%2e/README.md',
      '/dashboard/index.html/', '/dashboardx', '/dashboard//index.html']) {
      assertError(await gateway.get(path), 404);
    }
    assertError(await gateway.post('/dashboard', {}), 405);
  });

  it('can be switched off', async () => {
    const reply = await gateway.reload({ ...kMock, _global: { dashboard: false } });
    assert.equal(reply.status, 200, reply.text);
    assertError(await gateway.get('/dashboard'), 404);
    assertError(await gateway.get('/dashboard/index.html'), 404);
    assert.equal((await gateway.get('/', { accept: 'text/html' })).status, 200);
    await gateway.reload(kMock);
    assert.equal((await gateway.get('/dashboard')).status, 200);
  });
});

// A browser that is logged in, or tries to be.
class Browser {
  constructor(gateway) {
    Object.assign(this, { gateway, cookie: undefined });
  }
  get own() {
    return { 'sec-fetch-site': 'same-origin', ...(this.cookie && { cookie: this.cookie }) };
  }
  request(method, target, body, headers = {}) {
    return this.gateway.request(method, target, { body, headers: { ...this.own, ...headers } });
  }
  async login(key, headers) {
    const reply = await this.request('POST', '/admin/login', { key }, headers);
    const [set] = reply.headers['set-cookie'] ?? [];
    if (set) this.cookie = set.split(';')[0];
    return reply;
  }
}

const kChat = { model: 'demo', messages: [{ role: 'user', content: 'Hi' }] };

describe('console: login', () => {
  let gateway;
  let admin;
  before(async () => {
    gateway = await Gateway.start({ ...kMock, _global: { api_key: 'user-key-0123456789', admin_key: kAdminKey,
      trusted_proxies: ['127.0.0.1'] } });
    admin = new Admin(gateway);
  });
  after(async () => assert.equal(await gateway.stop(), 0));

  const session = async (browser) => (await browser.request('GET', '/admin/session')).json;

  it('takes a key for /admin and gives a cookie that no script reads and no other site sends', async () => {
    const browser = new Browser(gateway);
    assert.deepEqual(await session(browser), { needs_login: true, key: null,
      version: (await gateway.get('/health')).json.version, allow_config_write: false });
    assertError(await browser.request('GET', '/admin/stats'), 401);
    const reply = await browser.login(kAdminKey);
    assert.equal(reply.status, 200, reply.text);
    assert.deepEqual(reply.json, { key: 'admin_key', role: 'admin' });
    assert.match(reply.headers['set-cookie'][0],
      /^aigw_session=[\w-]{43}; Path=\/; Max-Age=604800; HttpOnly; SameSite=Strict$/);
    assert.equal((await session(browser)).needs_login, false);
    assert.equal((await session(browser)).key, 'admin_key');
    assert.equal((await browser.request('GET', '/admin/stats')).status, 200);
    const made = await browser.request('POST', '/admin/keys', { name: 'by-cookie' });
    assert.equal(made.status, 201, made.text);
    assert.equal((await browser.request('POST', '/v1/chat/completions', kChat)).status, 200);
    await gateway.waitForLog(/Exchange .*key=admin_key/);
  });

  it('marks the cookie Secure where a trusted proxy says https', async () => {
    const reply = await new Browser(gateway).login(kAdminKey, { 'x-forwarded-proto': 'https' });
    assert.match(reply.headers['set-cookie'][0], /; Secure$/);
  });

  it('ends with logout', async () => {
    const browser = new Browser(gateway);
    await browser.login(kAdminKey);
    const { cookie } = browser;
    const reply = await browser.request('POST', '/admin/logout');
    assert.equal(reply.status, 200);
    assert.match(reply.headers['set-cookie'][0], /^aigw_session=; Path=\/; Max-Age=0;/);
    browser.cookie = cookie;
    assertError(await browser.request('GET', '/admin/stats'), 401);
    assert.equal((await new Browser(gateway).request('POST', '/admin/logout')).status, 200);
  });

  it('ends the login before, when somebody logs in anew', async () => {
    const browser = new Browser(gateway);
    await browser.login(kAdminKey);
    const { cookie } = browser;
    await browser.login(kAdminKey);
    assert.notEqual(browser.cookie, cookie);
    assertError(await gateway.get('/admin/stats', { cookie }), 401);
    assert.equal((await browser.request('GET', '/admin/stats')).status, 200);
  });

  it('refuses what another page may have made', async () => {
    const { cookie } = await loggedIn();
    const ways = [
      ['POST', '/admin/keys', { 'sec-fetch-site': 'cross-site' }, 403],
      ['POST', '/admin/keys', { 'sec-fetch-site': 'same-site' }, 403],
      ['POST', '/admin/reload', {}, 403],
      ['POST', '/admin/reload', { origin: 'https://evil.example' }, 403],
      ['POST', '/admin/reload', { origin: 'null' }, 403],
      ['POST', '/v1/chat/completions', { 'sec-fetch-site': 'cross-site' }, 403],
      ['POST', '/v1/chat/completions', { origin: 'https://evil.example' }, 403],
      ['DELETE', '/admin/usage/demo/m', { 'sec-fetch-site': 'none' }, 403],
      ['GET', '/admin/stats', { 'sec-fetch-site': 'cross-site' }, 403],
      ['GET', '/v1/models', { 'sec-fetch-site': 'cross-site' }, 403],
      ['GET', '/admin/stats', {}, 200],
      ['GET', '/admin/stats', { 'sec-fetch-site': 'none' }, 200],
      ['POST', '/admin/reload', { origin: `http://127.0.0.1:${gateway.port}` }, 200],
      ['POST', '/v1/chat/completions', { origin: `http://127.0.0.1:${gateway.port}` }, 200],
    ];
    for (const [method, target, headers, status] of ways) {
      const body = target.startsWith('/v1/chat') ? kChat : undefined;
      const reply = await gateway.request(method, target, { body, headers: { cookie, ...headers } });
      assert.equal(reply.status, status, `${method} ${target} ${JSON.stringify(headers)}: ${reply.text}`);
    }
    for (const target of ['/admin/login', '/admin/logout']) {
      const headers = { origin: 'https://evil.example', cookie };
      assertError(await gateway.post(target, { key: kAdminKey }, headers), 403);
    }
    assert.equal((await gateway.get('/admin/stats', { cookie })).status, 200);
  });

  const loggedIn = async (key = kAdminKey) => {
    const browser = new Browser(gateway);
    assert.equal((await browser.login(key)).status, 200);
    return browser;
  };

  it('dies with its key', async () => {
    const deaths = {
      rotate: (name) => admin.rotate(name, { grace: 0 }),
      delete: (name) => admin.delete(name),
      disable: (name) => admin.change(name, { enabled: false }),
      expiry: (name) => admin.change(name, { expires: '2020-01-01' }),
      role: (name) => admin.change(name, { role: 'user' }),
    };
    for (const [name, die] of Object.entries(deaths)) {
      const { secret } = await admin.create(name, { role: 'admin' });
      const browser = await loggedIn(secret);
      assert.equal((await session(browser)).key, name);
      const reply = await die(name);
      assert.equal(reply.status, 200, reply.text);
      assertError(await browser.request('GET', '/admin/stats'), 401);
      assertError(await browser.request('POST', '/v1/chat/completions', kChat), 401);
      assert.equal((await session(browser)).needs_login, true);
    }
  });

  it('dies when a reload takes its key away', async () => {
    const browser = await loggedIn();
    const before = fs.readFileSync(gateway.configFile, 'utf8');
    const reply = await gateway.reload(before.replace(kAdminKey, 'another-key-0123456789'), bearer(kAdminKey));
    assert.equal(reply.status, 200, reply.text);
    assertError(await browser.request('GET', '/admin/stats'), 401);
    await gateway.reload(before, bearer('another-key-0123456789'));
  });

  it('refuses keys that may not use /admin, and after ten tries all of that address', async () => {
    const from = (address) => ({ 'x-forwarded-for': address });
    const browser = new Browser(gateway);
    assertError(await browser.login('user-key-0123456789', from('10.9.0.1')), 403);
    assertError(await browser.request('POST', '/admin/login', {}, from('10.9.0.1')), 400);
    for (let i = 0; i < 9; ++i) assertError(await browser.login(`wrong-${i}`, from('10.9.0.1')), 401);
    const reply = await browser.login(kAdminKey, from('10.9.0.1'));
    assertError(reply, 429);
    assert.match(reply.headers['retry-after'], /^[1-9]\d?$/);
    assert.equal(reply.headers['set-cookie'], undefined);
    assert.equal((await browser.login(kAdminKey, from('10.9.0.2'))).status, 200);
  });

  it('stands in the audit log, and no secret anywhere', async () => {
    const of = (action) => auditLines(gateway).filter((line) => line.action === action);
    assert.equal(of('login')[0].who, 'admin_key');
    assert.equal(of('logout')[0].who, 'admin_key');
    assert.equal(of('login.refused').at(-1).from, '10.9.0.1');
    assert.ok(of('login.refused').some((line) => line.after.includes('The API key is wrong')));
    const { cookie } = await loggedIn();
    const token = cookie.split('=')[1];
    assertNowhere(gateway, [token, kAdminKey, 'user-key-0123456789']);
  });
});

describe('console: a gateway without keys', () => {
  it('needs no login, and still refuses foreign pages that change something', async () => {
    const gateway = await Gateway.start(kMock);
    const { needs_login: needsLogin, key } = (await gateway.get('/admin/session')).json;
    assert.deepEqual({ needsLogin, key }, { needsLogin: false, key: null });
    assertError(await gateway.post('/admin/login', { key: 'any' }), 409);
    assert.equal((await gateway.get('/admin/stats')).status, 200);
    assertError(await gateway.request('POST', '/admin/reload', { headers: { origin: 'https://evil.example' } }), 403);
    for (const target of ['/admin/stats', '/admin/requests', '/admin/config', '/admin/events']) {
      assertError(await gateway.get(target, { host: `evil.example:${gateway.port}` }), 403);
    }
    assert.equal((await gateway.get('/admin/stats', { host: `gateway.lan:${gateway.port}` })).status, 200);
    assert.equal(await gateway.stop(), 0);
  });
});
