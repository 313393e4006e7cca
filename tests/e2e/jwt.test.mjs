// Tokens of an identity provider instead of keys: which are good, who their senders are, and where their keys come
// from.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, it, test } from 'node:test';

import { assertMessagesError } from './lib/dialects.mjs';
import { assertError } from './lib/expect.mjs';
import { Gateway, removeFolder, runBinary, temporaryFolder } from './lib/gateway.mjs';
import { claimsOf, ecPair, inSeconds, jwkOf, kAudience, kIssuer, kRules, pemOf, rsaPair, tokenOf } from './lib/jwt.mjs';
import { Admin, assertNowhere, auditLines, bearer, kAdminKey, kMock, sha256, statusOf } from './lib/keys.mjs';
import { afterRelease, bytes, closes, json, Upstream } from './lib/upstream.mjs';

const kSecret = 'a-secret-of-32-bytes-0123456789ab';
const kRsa = rsaPair();
const kEc = ecPair();
const configOf = (jwt, members = {}) => (
  { _global: { jwt: { ...kRules, ...jwt } }, model: kMock, other: kMock, ...members });

async function usageOf(gateway, token) {
  const reply = await gateway.get('/v1/usage', bearer(token));
  assert.equal(reply.status, 200, reply.text);
  return reply.json;
}

// ---- algorithms ---------------------------------------------------------------------------------------

describe('tokens are checked with', () => {
  let folder;
  const file = (name, content) => {
    fs.writeFileSync(path.join(folder, name), content);
    return path.join(folder, name);
  };
  before(() => { folder = temporaryFolder(); });
  after(() => removeFolder(folder));

  const set = JSON.stringify({ keys: [jwkOf(kRsa.publicKey, 'r', { alg: 'RS256' }), jwkOf(kEc.publicKey, 'e')] });
  const rs256 = () => tokenOf('RS256', kRsa.privateKey);
  for (const [what, source, tokens] of [
    ['a secret', () => ({ secret: '${JWT_SECRET}' }), () => [tokenOf('HS256', kSecret)]],
    ['a public key, RSA', () => ({ public_key: pemOf(kRsa.publicKey) }), () => [rs256()]],
    ['a public key, elliptic curve', () => ({ public_key: pemOf(kEc.publicKey) }),
      () => [tokenOf('ES256', kEc.privateKey)]],
    ['a file with a public key', () => ({ public_key_file: file('key.pem', pemOf(kRsa.publicKey)) }), () => [rs256()]],
    ['a file with a set of keys', () => ({ jwks_file: file('jwks.json', set) }),
      () => [tokenOf('RS256', kRsa.privateKey, {}, { kid: 'r' }), tokenOf('ES256', kEc.privateKey, {}, { kid: 'e' }),
        rs256()]],
  ]) {
    it(what, async () => {
      const gateway = await Gateway.start(configOf(source()), { env: { JWT_SECRET: kSecret } });
      for (const token of tokens()) {
        for (const headers of [bearer(token), { 'x-api-key': token }]) {
          assert.equal((await gateway.chat('model', {}, headers)).status, 200);
        }
        const { key, owner, role } = await usageOf(gateway, token);
        assert.deepEqual([key, owner, role], ['jwt', 'ada', 'user']);
      }
      for (const token of [tokenOf('HS256', `${kSecret}x`), tokenOf('RS256', rsaPair().privateKey),
        tokenOf('ES256', ecPair().privateKey)]) {
        assert.equal(await statusOf(gateway, token), 401);
      }
      assert.equal(await statusOf(gateway, ''), 401);
      assertNowhere(gateway, [kSecret, ...tokens().map((token) => token.split('.')[2])]);
      assert.equal(await gateway.stop(), 0);
    });
  }
});

// ---- bad tokens ---------------------------------------------------------------------------------------

describe('a token is refused', { concurrency: 4 }, () => {
  const gateways = {};
  const refused = [];
  before(async () => {
    gateways.secret = await Gateway.start(configOf({ secret: kSecret, leeway: 0 }));
    gateways.rsa = await Gateway.start(configOf({ public_key: pemOf(kRsa.publicKey), leeway: 0 }));
    gateways.ec = await Gateway.start(configOf({ public_key: pemOf(kEc.publicKey), leeway: 0 }));
  });
  after(async () => {
    for (const gateway of Object.values(gateways)) {
      assertNowhere(gateway, refused.map((token) => token.split('.')[1]));
      assert.equal(await gateway.stop(), 0);
    }
  });

  const signed = (claims, options) => tokenOf('HS256', kSecret, claims, options);
  const changed = (token) => [token.split('.')[0], Buffer.from(JSON.stringify(claimsOf({ sub: 'eve' })))
    .toString('base64url'), token.split('.')[2]].join('.');
  const pem = pemOf(kRsa.publicKey);
  const rows = [
    ['signed by nobody', 'secret', () => tokenOf('none'), /HS256, RS256 or ES256/],
    ['signed by nobody, in another case', 'secret', () => tokenOf('none', '', {}, { as: 'nOnE' }), /HS256, RS256/],
    ['signed by nobody for a public key', 'rsa', () => tokenOf('none'), /HS256, RS256 or ES256/],
    ['without its signature', 'secret', () => tokenOf('none', '', {}, { as: 'HS256' }), /signature/],
    ['without its signature for a public key', 'rsa', () => tokenOf('none', '', {}, { as: 'RS256' }), /signature/],
    ['signed with the public key as a secret', 'rsa', () => tokenOf('HS256', pem), /signature/],
    ['signed with the public key\'s text without its last line end', 'rsa', () => tokenOf('HS256', pem.trim()),
      /signature/],
    ['signed with the public key as a secret, and named RS256', 'rsa',
      () => tokenOf('HS256', pem, {}, { as: 'RS256' }), /signature/],
    ['signed with an elliptic curve\'s public key as a secret', 'ec',
      () => tokenOf('HS256', pemOf(kEc.publicKey)), /signature/],
    ['signed with a private key for a secret', 'secret', () => tokenOf('RS256', kRsa.privateKey), /signature/],
    ['signed with RSA for an elliptic curve', 'ec', () => tokenOf('RS256', kRsa.privateKey), /signature/],
    ['signed with a longer hash', 'secret', () => tokenOf('HS512', kSecret), /HS256, RS256 or ES256/],
    ['that brings its own key', 'rsa', () => { const mine = rsaPair(); return tokenOf('RS256', mine.privateKey, {},
      { header: { jwk: jwkOf(mine.publicKey, 'mine') } }); }, /signature/],
    ['that was changed', 'secret', () => changed(signed()), /signature/],
    ['with a critical extension', 'secret', () => signed({}, { header: { crit: ['exp'] } }), /crit/],
    ['by another issuer', 'secret', () => signed({ iss: `${kIssuer}/` }), /another issuer/],
    ['by several issuers', 'secret', () => signed({ iss: [kIssuer] }), /`iss` must be a text/],
    ['by nobody', 'secret', () => signed({ iss: undefined }), /lacks the claim `iss`/],
    ['for another audience', 'secret', () => signed({ aud: `${kAudience}-2` }), /another audience/],
    ['for other audiences', 'secret', () => signed({ aud: ['web', 'account'] }), /another audience/],
    ['for no audience', 'secret', () => signed({ aud: undefined }), /lacks the claim `aud`/],
    ['that has expired', 'secret', () => signed({ exp: inSeconds(-1) }), /has expired/],
    ['that never expires', 'secret', () => signed({ exp: undefined }), /lacks the claim `exp`/],
    ['with a text for an end', 'secret', () => signed({ exp: String(inSeconds(600)) }), /`exp` must be a number/],
    ['that is not valid yet', 'secret', () => signed({ nbf: inSeconds(600) }), /not valid yet/],
    ['of nobody', 'secret', () => signed({ sub: undefined }), /lacks the claim `sub`/],
    ['of an owner without a name', 'secret', () => signed({ sub: '' }), /`sub` must be a name/],
    ['of an owner that is a number', 'secret', () => signed({ sub: 7 }), /`sub` must be a name/],
    ['of an owner with a line end', 'secret', () => signed({ sub: 'ada\nrole=admin' }), /control characters/],
    ['that says something twice', 'secret',
      () => signed(JSON.stringify(claimsOf()).replace('{', '{"sub":"eve",')), /claims can't be read/],
  ];
  for (const [what, gateway, make, says] of rows) {
    it(what, async () => {
      const token = make();
      refused.push(token);
      const error = assertError(await gateways[gateway].chat('model', {}, bearer(token)), 401);
      assert.equal(error.code, 'invalid_api_key');
      assert.match(error.message, says);
      for (const part of token.split('.')) assert.ok(part === '' || !error.message.includes(part), error.message);
      const message = await gateways[gateway].post('/v1/messages', { model: 'model', max_tokens: 5, messages: [] },
        { 'x-api-key': token });
      assert.match(assertMessagesError(message, 401, 'authentication_error').message, says);
      assertError(await gateways[gateway].get('/admin/stats', bearer(token)), 401);
    });
  }

  it('that is none', async () => {
    const token = signed();
    const [head, claims, signature] = token.split('.');
    for (const sent of [token.slice(1), `${token}.x`, `${token}=`, `${head}.${claims}`, `${head}..${signature}`, 'a.b.c',
      '..', `${token} ${token}`]) {
      assert.equal(await statusOf(gateways.secret, sent), 401, sent);
    }
    assert.equal(await statusOf(gateways.secret, token), 200);
  });
});

test('clocks may be as far apart as leeway says', async () => {
  const gateway = await Gateway.start(configOf({ secret: kSecret, leeway: 600 }));
  for (const [claims, status] of [[{ exp: inSeconds(-300) }, 200], [{ exp: inSeconds(-900) }, 401],
    [{ nbf: inSeconds(300) }, 200], [{ nbf: inSeconds(900) }, 401]]) {
    assert.equal(await statusOf(gateway, tokenOf('HS256', kSecret, claims)), status, JSON.stringify(claims));
  }
  assert.equal(await gateway.stop(), 0);
});

// ---- claims -------------------------------------------------------------------------------------------

test('claims say who somebody is, whether an admin, and for which models', async () => {
  const gateway = await Gateway.start(configOf({ secret: kSecret, owner_claim: 'preferred_username',
    role_claim: 'realm_access.roles', admin_roles: ['boss', 'root'], models_claim: 'models' }));
  const token = (claims) => tokenOf('HS256', kSecret, { preferred_username: 'ada', models: ['*'], ...claims });
  const roles = (...names) => ({ realm_access: { roles: names } });
  assert.equal((await usageOf(gateway, token({ sub: '0815' }))).owner, 'ada');

  for (const [claims, status] of [[{}, 403], [roles(), 403], [roles('user', 'Boss', 'admin'), 403],
    [{ 'role': 'boss', 'roles': ['boss'] }, 403], [roles('user', 'boss'), 200], [{ 'realm_access.roles': 'root' }, 200],
    [{ realm_access: { roles: { boss: true } } }, 401]]) {
    const reply = await gateway.get('/admin/keys', bearer(token(claims)));
    assert.equal(reply.status, status, `${JSON.stringify(claims)}: ${reply.text}`);
  }

  for (const [models, may, status] of [[['model'], ['model'], 403], [['*', '!model'], ['other'], 403],
    ['model other', ['model', 'other'], 200], [[], [], 403], ['', [], 403], [undefined, [], 403]]) {
    const headers = bearer(token({ models }));
    const { data } = (await gateway.get('/v1/models', headers)).json;
    assert.deepEqual(data.map(({ id }) => id).sort(), may);
    const asked = may[0] === 'model' ? 'other' : 'model';
    assert.equal((await gateway.chat(asked, {}, headers)).status, status, JSON.stringify(models));
    if (may[0]) assert.equal((await gateway.chat(may[0], {}, headers)).status, 200);
  }
  for (const models of [5, { model: true }, ['model', 5]]) {
    assert.equal(await statusOf(gateway, token({ models })), 401);
  }
  assert.equal(await gateway.stop(), 0);
});

test('an admin by token changes keys, and stands in the audit log by name', async () => {
  const gateway = await Gateway.start(configOf({ secret: kSecret, role_claim: 'groups' }));
  const anna = new Admin(gateway, tokenOf('HS256', kSecret, { sub: 'anna', groups: ['admin'] }));
  const { secret } = await anna.create('laptop');
  assert.equal(await statusOf(gateway, secret), 200);
  assertError(await new Admin(gateway, tokenOf('HS256', kSecret)).get('/keys'), 403);
  assertError(await new Admin(gateway, null).get('/keys'), 401);
  const [{ who, action, target }] = auditLines(gateway);
  assert.deepEqual([who, action, target], ['jwt:anna', 'key.create', 'laptop']);
  assert.equal(await gateway.stop(), 0);
});

test('limits of "*" hold for each owner by itself, over all tokens and keys', async () => {
  const key = 'sk-test-of-ada-0123456789';
  const gateway = await Gateway.start(configOf({ secret: kSecret }, {
    _owners: { '*': { limits: { requests_per_minute: 3 } }, 'root': {} },
    _keys: { laptop: { sha256: sha256(key), owner: 'ada' } },
  }));
  const ask = (credential) => gateway.chat('model', {}, bearer(credential));
  const token = (sub) => tokenOf('HS256', kSecret, { sub, jti: String(Math.random()) });
  for (const credential of [token('ada'), token('ada'), key]) assert.equal((await ask(credential)).status, 200);
  for (const credential of [token('ada'), key]) {
    assert.match(assertError(await ask(credential), 429).message, /ada/);
  }
  assert.equal((await ask(token('bob'))).status, 200);
  for (let n = 0; n < 5; ++n) assert.equal((await ask(token('root'))).status, 200);
  assert.equal((await usageOf(gateway, token('ada'))).owner_usage.requests, 3);
  assert.equal(await gateway.stop(), 0);
});

test('keys go on beside tokens, and a reload changes whom to trust', async () => {
  const config = configOf({ secret: kSecret });
  config._global.admin_key = kAdminKey;
  const gateway = await Gateway.start(config);
  const { secret } = await new Admin(gateway).create('laptop');
  const token = tokenOf('HS256', kSecret);
  const statuses = () => Promise.all([token, secret, kAdminKey, ''].map((one) => statusOf(gateway, one)));
  assert.deepEqual(await statuses(), [200, 200, 200, 401]);
  assertError(await gateway.get('/admin/keys', bearer(token)), 403);
  for (const [jwt, expected] of [[{ ...kRules, secret: `${kSecret}-2` }, 401], [{ ...kRules, secret: kSecret }, 200],
    [{ ...kRules, secret: kSecret, audience: 'other' }, 401], [null, 401]]) {
    const reply = await gateway.reload({ ...config, _global: { ...config._global, jwt } }, bearer(kAdminKey));
    assert.equal(reply.status, 200, reply.text);
    assert.deepEqual(await statuses(), [expected, 200, 200, 401]);
  }
  assertNowhere(gateway, [kSecret, secret, kAdminKey, token]);
  assert.equal(await gateway.stop(), 0);
});

test('check tells what is wrong with jwt, and no secret', async () => {
  const folder = temporaryFolder();
  const { privateKey } = kRsa;
  for (const [jwt, says] of [
    [{ secret: kSecret, issuer: undefined }, /_global\.jwt.*"issuer" is required/],
    [{ secret: 'too-short-0123456789' }, /_global\.jwt\.secret.*32 bytes/],
    [{}, /one of secret, public_key/], [{ secret: kSecret, jwks_file: 'x' }, /exclude each other/],
    [{ jwks_url: 'http://id.example.com/jwks' }, /_global\.jwt\.jwks_url.*https/],
    [{ public_key: privateKey.export({ type: 'pkcs8', format: 'pem' }) }, /_global\.jwt\.public_key.*private key/],
    [{ public_key: 'a key' }, /_global\.jwt\.public_key.*PEM/],
    [{ secret: kSecret, algorithm: 'none' }, /_global\.jwt\.algorithm: unknown/],
  ]) {
    const file = path.join(folder, 'jwt.json');
    fs.writeFileSync(file, JSON.stringify(configOf(jwt)));
    const { code, output } = await runBinary(['check', file]);
    assert.equal(code, 1, `${says}\n${output}`);
    assert.match(output, says);
    for (const secret of [kSecret, 'too-short-0123456789']) assert.ok(!output.includes(secret), output);
  }
  removeFolder(folder);
});

// ---- published keys -----------------------------------------------------------------------------------

// An identity provider that publishes `keys`, as long as `serve` is nothing else; with a gateway that trusts it.
async function startTrusting(define, keys, target = '/jwks/') {
  define.keys = keys;
  define.provider = await Upstream.start((exchange) => (define.serve ?? json({ keys: define.keys }))(exchange));
  define.gateway = await Gateway.start(configOf({ jwks_url: `${define.provider.url}${target}` }));
  return define;
}
async function end({ gateway, provider }) {
  assert.equal(await gateway.stop(), 0);
  await provider.stop();
}
const tokenBy = (pair, kid) => tokenOf(pair === kEc ? 'ES256' : 'RS256', pair.privateKey, {}, { kid });

test('published keys are fetched once, when the first token comes, however many come', async () => {
  const house = await startTrusting({}, [jwkOf(kRsa.publicKey, 'one'), jwkOf(kEc.publicKey, 'two')],
    '/jwks/?tenant=home');
  assert.equal(house.provider.requests.length, 0);
  const tokens = Array.from({ length: 40 }, (_, n) => (n % 2 ? tokenBy(kRsa, 'one') : tokenBy(kEc, 'two')));
  house.serve = afterRelease(json({ keys: house.keys }));
  const replies = Promise.all(tokens.map((token) => statusOf(house.gateway, token)));
  await house.provider.holding();
  house.provider.release();
  assert.deepEqual(new Set(await replies), new Set([200]));
  assert.deepEqual(house.provider.requests.map((request) => request.path), ['/v1/jwks/?tenant=home']);
  assert.equal(house.provider.requests[0].headers.authorization, undefined, 'no token goes there');
  await end(house);
});

test('a key that is new is fetched, and one that is gone is not trusted any more', async () => {
  const house = await startTrusting({}, [jwkOf(kRsa.publicKey, 'old')]);
  const next = rsaPair();
  assert.equal(await statusOf(house.gateway, tokenBy(kRsa, 'old')), 200);
  assert.equal(await statusOf(house.gateway, tokenBy(next, 'old')), 401);
  assert.equal(house.provider.requests.length, 1);

  house.keys = [jwkOf(kRsa.publicKey, 'old'), jwkOf(next.publicKey, 'new')];
  assert.equal(await statusOf(house.gateway, tokenBy(next, 'new')), 200);
  assert.equal(await statusOf(house.gateway, tokenBy(kRsa, 'old')), 200);
  assert.equal(house.provider.requests.length, 2);

  house.keys = [jwkOf(next.publicKey, 'new'), jwkOf(kEc.publicKey, 'newest')];
  assert.equal(await statusOf(house.gateway, tokenBy(kEc, 'newest')), 200);
  assert.equal(await statusOf(house.gateway, tokenBy(kRsa, 'old')), 401);
  assert.equal(house.provider.requests.length, 3);
  await end(house);
});

test('tokens that name unknown keys do not make the gateway ask again and again', async () => {
  const house = await startTrusting({}, [jwkOf(kRsa.publicKey, 'one')]);
  for (let n = 0; n < 20; ++n) assert.equal(await statusOf(house.gateway, tokenBy(kEc, `unknown-${n}`)), 401);
  assert.ok(house.provider.requests.length <= 3, `${house.provider.requests.length} requests`);
  assert.equal(await statusOf(house.gateway, tokenBy(kRsa, 'one')), 200);
  await end(house);
});

test('keys that are known stay while the identity provider fails', async () => {
  for (const failure of [closes, json({ error: 'not now' }, { status: 503 }), bytes('<html>'), json({ keys: [] }),
    bytes('', { status: 302, headers: { location: 'http://127.0.0.1:1/' } }), bytes('x'.repeat(2 << 20))]) {
    const house = await startTrusting({}, [jwkOf(kRsa.publicKey, 'one')]);
    assert.equal(await statusOf(house.gateway, tokenBy(kRsa, 'one')), 200);
    house.serve = failure;
    assert.equal(await statusOf(house.gateway, tokenBy(kEc, 'unknown')), 401);
    await house.provider.request(2);
    assert.equal(await statusOf(house.gateway, tokenBy(kRsa, 'one')), 200);
    await end(house);
  }
});

test('without any keys tokens get a 503, keys go on, and the log tells why', async () => {
  const provider = await Upstream.start(json({}, { status: 500 }));
  const config = configOf({ jwks_url: `${provider.url}/jwks` });
  config._global.admin_key = kAdminKey;
  const gateway = await Gateway.start(config);
  const { secret } = await new Admin(gateway).create('laptop');
  for (let n = 0; n < 3; ++n) {
    assert.match(assertError(await gateway.chat('model', {}, bearer(tokenBy(kRsa, 'one'))), 503).message,
      /identity provider's keys can't be had/);
  }
  assert.equal(provider.requests.length, 1, 'what has failed is left alone for a while');
  assert.equal(await statusOf(gateway, secret), 200);
  await gateway.waitForLog(/ERROR Tokens not checked .*jwks_url.*status 500/);
  assert.equal(await gateway.stop(), 0);
  await provider.stop();
});
