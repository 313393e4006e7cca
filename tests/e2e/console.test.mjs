// The dashboard's files, and who may use it: headers, redirects, login, requests of foreign pages.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import zlib from 'node:zlib';

import { assertError } from './lib/expect.mjs';
import { Gateway } from './lib/gateway.mjs';

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
