// Which route a model name leads to, and which name goes upstream.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { assertAnsweredBy, assertError } from './lib/expect.mjs';
import { Gateway } from './lib/gateway.mjs';
import { entryOf, kKey, scenarios } from './lib/scenario.mjs';
import { says, Upstream } from './lib/upstream.mjs';

function oneProvider(name, members = {}) {
  return { providers: { [name]: { serve: says(name), ...members } } };
}

scenarios('routes', {}, (scenario) => {
  scenario('an exact name beats an alias and a pattern', {
    model: 'kimi-k2', ...oneProvider('exact', { model: 'moonshot/kimi' }),
  }, async ({ chat, exact }) => {
    assertAnsweredBy(await chat(), 'exact', 1);
    assert.equal(exact.requests[0].json.model, 'moonshot/kimi', 'the provider is asked for its own name');
  });

  scenario('an alias beats a pattern', {
    model: 'kimi-latest', aliases: ['kimi-k3', 'moon'], ...oneProvider('aliased'),
  }, async ({ gateway }) => {
    for (const name of ['kimi-latest', 'kimi-k3', 'moon']) assertAnsweredBy(await gateway.chat(name), 'aliased', 1);
  });

  scenario('a pattern serves every name that fits', {
    model: 'kimi-*', ...oneProvider('short'),
  }, async ({ gateway }) => {
    for (const name of ['kimi-9', 'kimi-']) assertAnsweredBy(await gateway.chat(name), 'short', 1);
  });

  scenario('the pattern with the longest literal part wins', {
    model: 'kimi-vision-*', ...oneProvider('long'),
  }, async ({ gateway }) => assertAnsweredBy(await gateway.chat('kimi-vision-2'), 'long', 1));

  scenario('a star may stand anywhere in a pattern', {
    model: 'my-*-large', ...oneProvider('middle'),
  }, async ({ gateway }) => {
    assertAnsweredBy(await gateway.chat('my-own-large'), 'middle', 1);
    assertError(await gateway.chat('my-own-small'), 404);
  });

  scenario('"model": "*" sends on the name that the client asked for', {
    model: 'any/*', ...oneProvider('passing', { model: '*' }),
  }, async ({ gateway, passing }) => {
    assertAnsweredBy(await gateway.chat('any/thing:free'), 'passing', 1);
    assert.equal(passing.requests[0].json.model, 'any/thing:free');
  });

  scenario('custom headers and the key go upstream, what the client sent to the gateway does not', {
    model: 'headers', ...oneProvider('strict', { custom_headers: { 'X-Title': 'home' } }),
  }, async ({ chat, strict }) => {
    await chat({}, { cookie: 'session=1', authorization: 'Bearer of-the-client', 'x-api-key': 'of-the-client' });
    const { headers, path, method } = strict.requests[0];
    assert.equal(method, 'POST');
    assert.equal(path, '/v1/chat/completions');
    assert.equal(headers.authorization, `Bearer ${kKey}`);
    assert.equal(headers['x-title'], 'home');
    assert.equal(headers.cookie, undefined);
    assert.equal(headers['x-api-key'], undefined);
    assert.match(headers['content-type'], /^application\/json/);
  });

  scenario('the body goes upstream as it came but for the model', {
    model: 'untouched', ...oneProvider('exactly'),
  }, async ({ gateway, exactly }) => {
    const body = (name) => `{ "unknown":{"b":1,"a":[1.0, 12345678901234567890, 1e3]}, "model" : "${name}",\n` +
      '"messages":[{"role":"user","content":"\\u00e9\\/ \u00e9 \u{1f600}"}],"tools":null }';
    assert.equal((await gateway.post('/v1/chat/completions', body('untouched'))).status, 200);
    assert.equal(exactly.requests[0].body.toString(), body('upstream-model'));
  });
});

scenarios('routes: a default', { global: { default_model: 'house' } }, (scenario) => {
  scenario('a request without a model goes to the default', {
    model: 'house', ...oneProvider('butler'),
  }, async ({ gateway, butler }) => {
    const reply = await gateway.post('/v1/chat/completions', { messages: [{ role: 'user', content: 'Hi' }] });
    assertAnsweredBy(reply, 'butler', 1);
    assert.equal(butler.requests[0].json.model, 'upstream-model');
  });
});

test('an account in _providers is written once and used by many', async () => {
  const upstream = await Upstream.start(says('shared'));
  const gateway = await Gateway.start({
    _providers: { account: { endpoint: upstream.url, api_key: '${E2E_ACCOUNT_KEY}',
      custom_headers: { 'X-Team': 'blue' } } },
    first: { providers: [{ name: 'p', use: 'account', model: 'one' }] },
    second: { providers: [{ name: 'p', use: 'account', model: 'two', custom_headers: { 'X-Own': 'yes' } }] },
  }, { env: { E2E_ACCOUNT_KEY: 'sk-account-0123456789' } });
  assertAnsweredBy(await gateway.chat('first'), 'p', 1);
  assertAnsweredBy(await gateway.chat('second'), 'p', 1);
  const [one, two] = upstream.requests;
  assert.deepEqual([one.json.model, two.json.model], ['one', 'two']);
  for (const { headers } of [one, two]) {
    assert.equal(headers.authorization, 'Bearer sk-account-0123456789');
    assert.equal(headers['x-team'], 'blue');
  }
  assert.equal(two.headers['x-own'], 'yes');
  assert.equal(await gateway.stop(), 0);
  await upstream.stop();
});

test('a cooldown belongs to a provider and a model', async () => {
  const upstream = await Upstream.start(({ record, response }) => {
    const limited = record.json.model === 'limited';
    response.writeHead(limited ? 429 : 200, { 'content-type': 'application/json' });
    response.end(limited ? '{"error":{"message":"slow down"}}' : JSON.stringify({ choices: [
      { index: 0, message: { role: 'assistant', content: 'fine' }, finish_reason: 'stop' }] }));
  });
  const spare = await Upstream.start(says('spare'));
  const gateway = await Gateway.start({
    _providers: { account: { endpoint: upstream.url, api_key: kKey } },
    one: { providers: [{ name: 'p', use: 'account', model: 'limited' },
      entryOf('q', { serve: [], priority: 2 }, spare)] },
    two: { providers: [{ name: 'p', use: 'account', model: 'free' }] },
  });
  assertAnsweredBy(await gateway.chat('one'), 'q', 2);
  assertAnsweredBy(await gateway.chat('two'), 'p', 1);
  assertAnsweredBy(await gateway.chat('one'), 'q', 1);
  assert.equal(await gateway.stop(), 0);
  await Promise.all([upstream.stop(), spare.stop()]);
});
