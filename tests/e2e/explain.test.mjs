// Who would be asked for a model now, and why not the others: /admin/explain and `ai-gateway explain`.
import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, describe, it, test } from 'node:test';

import { kYearly } from './lib/cron.mjs';
import { assertAnsweredBy, assertError } from './lib/expect.mjs';
import { Gateway, runBinary } from './lib/gateway.mjs';
import { kMock } from './lib/keys.mjs';
import { by, kAdminKey, keysOf, secretOf } from './lib/money.mjs';
import { scenarios } from './lib/scenario.mjs';
import { afterRelease, bytes, says, status, Upstream } from './lib/upstream.mjs';
import { eventually } from './lib/wait.mjs';

async function explained(gateway, model, query = '') {
  const reply = await gateway.get(`/admin/explain?model=${encodeURIComponent(model)}${query}`);
  assert.equal(reply.status, 200, reply.text);
  const { chosen, providers } = reply.json;
  assert.deepEqual(providers.filter((one) => one.chosen).map(({ name }) => name), chosen === null ? [] : [chosen]);
  for (const one of providers) {
    assert.equal(one.reason === null, one.chosen, `a reason for all others: ${reply.text}`);
    if (one.chosen) assert.equal(one.available, true);
  }
  return reply.json;
}

const reasonsOf = ({ providers }) => Object.fromEntries(providers.map(({ name, reason }) => [name, reason]));
const kTier = (members = () => ({})) => Object.fromEntries(['a', 'b', 'c'].map((name, at) =>
  [name, { serve: says(name), priority: 1, weight: 3 - at, ...members(name, at) }]));

scenarios('explain', {}, (scenario) => {
  for (const [strategy, providers] of [
    ['weighted', kTier()], ['round_robin', kTier()], ['random', kTier()], ['least_connections', kTier()],
    ['latency', kTier()],
    ['expiring', kTier((_, at) => ({ rate_limit: { requests_per_period: 20, period: `${5 - at}h` } }))],
    ['cost', kTier((_, at) => ({ price: { input: [5, 1, 1][at], output: 1 } }))],
  ]) {
    scenario(`by ${strategy} it is who the next request gets, however often it is asked`, { strategy, providers },
      async ({ gateway, model, chat, provider }) => {
      const names = [];
      for (let i = 0; i < 40; ++i) {
        const { strategy: used, chosen, why } = await explained(gateway, model);
        assert.equal(used, strategy);
        for (let again = i % 3; again > 0; --again) assert.equal((await explained(gateway, model)).chosen, chosen);
        assertAnsweredBy(await chat(), chosen, 1);
        assert.match(why, /(among \d of|the only one available of) priority 1$/);
        names.push(chosen);
        await eventually(async () => (await provider(chosen)).in_flight === 0, 'the request to be over');
      }
      if (strategy === 'weighted') assert.equal(names.slice(0, 18).filter((name) => name === 'a').length, 9);
    });
  }

  scenario('who has a line is waited for before the next tier is asked', {
    providers: { a: { serve: afterRelease(says('a')), limits: { max_concurrent: 1, queue: true } }, b: { serve: says('b') } },
  }, async ({ gateway, model, chat, a, b }) => {
    const first = chat();
    await a.request();
    const { json } = await gateway.get(`/admin/explain?model=${model}`);
    assert.deepEqual([json.chosen, json.why], ['a', 'it is waited for: its limit is reached: 1 request at once']);
    const second = chat();
    a.release();
    await a.request(2);
    a.release();
    for (const reply of [await first, await second]) assertAnsweredBy(reply, 'a', 1);
    assert.equal(b.requests.length, 0);
  });

  scenario('another strategy can be asked for, and none that is none', {
    strategy: 'weighted', providers: kTier((_, at) => ({ price: { input: 5 - at, output: 1 } })),
  }, async ({ gateway, model }) => {
    assert.equal((await explained(gateway, model)).chosen, 'a');
    const { strategy, chosen, why } = await explained(gateway, model, '&strategy=cost');
    assert.deepEqual([strategy, chosen, why], ['cost', 'c', 'the cheapest, among 3 of priority 1']);
    assertError(await gateway.get(`/admin/explain?model=${model}&strategy=best`), 400);
  });

  scenario('each of the others has its reason', {
    providers: {
      off: { serve: says('off'), enabled: false }, unset: { serve: says('x'), api_key: '${E2E_KEY_THAT_NOBODY_SETS}' },
      limited: { serve: status(429, { headers: { 'retry-after': '60' } }), priority: 1 },
      used: { serve: says('used'), rate_limit: { requests_per_period: 1, period_cron: kYearly }, priority: 2 },
      short: { serve: says('short'), max_context_length: 50, priority: 3 },
      spare: { serve: says('spare'), priority: 3, weight: 0 },
      last: { serve: says('last'), priority: 4 },
    },
  }, async ({ gateway, model, chat }) => {
    assert.equal((await explained(gateway, model)).chosen, 'limited');
    assertAnsweredBy(await chat(), 'used', 2);
    const now = await explained(gateway, model);
    assert.deepEqual([now.chosen, now.model, now.route, now.why],
      ['short', model, model, 'the only one available of priority 3']);
    const reasons = reasonsOf(now);
    assert.match(reasons.off, /disabled/);
    assert.match(reasons.unset, /E2E_KEY_THAT_NOBODY_SETS/);
    assert.match(reasons.limited, /^cooling down after 429.*, for \d+ s$/);
    assert.match(reasons.used, /^quota used up: 1 of 1 requests.*, for \d+ h$/);
    assert.match(reasons.spare, /weight is 0/);
    assert.match(reasons.last, /its priority is 4/);
    assert.deepEqual(now.providers.map(({ name, available }) => [name, available]), [['off', false], ['limited', false],
      ['unset', false], ['used', false], ['short', true], ['spare', true], ['last', true]]);

    const long = await explained(gateway, model, '&tokens=51');
    assert.equal(long.chosen, 'spare');
    assert.match(reasonsOf(long).short, /about 51 tokens, more than its 50/);
    assert.equal((await explained(gateway, model, '&tokens=50')).chosen, 'short');
    assertAnsweredBy(await chat(), 'short', 1);
  });

  scenario('nobody is an answer, too', { providers: { a: { serve: says('a'), enabled: false } } },
    async ({ gateway, model, chat }) => {
    const { chosen, why, providers } = await explained(gateway, model);
    assert.deepEqual([chosen, why, providers.length], [null, 'none of its providers can be asked now', 1]);
    assert.ok((await chat()).status >= 500);
  });

  scenario('it sees what is in flight', {
    strategy: 'least_connections',
    providers: { a: { serve: afterRelease(says('a')), priority: 1, limits: { max_concurrent: 1 } },
      b: { serve: says('b'), priority: 2 } },
  }, async ({ gateway, model, chat, a }) => {
    const first = chat();
    await a.request();
    const busy = await explained(gateway, model);
    assert.equal(busy.chosen, 'b');
    assert.match(reasonsOf(busy).a, /1 request at once/);
    assertAnsweredBy(await chat(), 'b', 1);
    a.release();
    await first;
    await eventually(async () => (await explained(gateway, model)).chosen === 'a', 'room at a');
  });

  scenario('aliases and names that are hard to say', {
    model: 'meta/llä "3"', aliases: ['other & more'], providers: { a: { serve: says('a') } },
  }, async ({ gateway, model }) => {
    const { route, chosen } = await explained(gateway, 'other & more');
    assert.deepEqual([route, chosen], [model, 'a']);
    assert.equal((await explained(gateway, model)).model, model);
  });

  scenario('peeking counts nothing', {
    providers: { a: { serve: says('a'), rate_limit: { requests_per_period: 2, period_cron: kYearly },
      limits: { requests_per_minute: 2 } } },
  }, async ({ gateway, model, provider, chat, a }) => {
    for (let i = 0; i < 10; ++i) await explained(gateway, model, '&tokens=1000');
    const { quota, rates } = await provider('a');
    assert.equal(rates.requests_per_minute.remaining, 2, JSON.stringify(quota));
    assert.equal((await gateway.stats())[model].a.requests, 0);
    assert.equal(a.requests.length, 0);
    assertAnsweredBy(await chat(), 'a', 1);
    assert.equal((await gateway.get('/admin/requests?model=' + model)).json.requests.length, 1, 'no story of it');
  });

  scenario('what is not there is a 404, what can\'t be meant a 400', { providers: { a: { serve: says('a') } } },
    async ({ gateway, model }) => {
    for (const name of ['nobody', '%00', 'x'.repeat(5_000), '%ff']) {
      const error = assertError(await gateway.get(`/admin/explain?model=${name}`), 404);
      assert.deepEqual([error.code, error.param], ['model_not_found', 'model']);
    }
    for (const query of ['', 'model=', 'tokens=5', `model=${model}&tokens=-1`, `model=${model}&tokens=1.5`,
      `model=${model}&tokens=`, `model=${model}&tokens=1000000001`, `model=${model}&model=${model}`,
      `model=${model}&token=1`, `model=${model}&strategy=`]) {
      assertError(await gateway.get(`/admin/explain?${query}`), 400);
    }
    assertError(await gateway.post(`/admin/explain?model=${model}`, {}), 405);
  });
});

// ---- the command ----------------------------------------------------------------------------------------

describe('ai-gateway explain', () => {
  let gateway;
  before(async () => {
    gateway = await Gateway.start({
      _global: { admin_key: kAdminKey }, _keys: keysOf({ user: {}, boss: { role: 'admin' } }),
      model: { aliases: ['a name'], providers: [
        { name: 'small', type: 'mock', priority: 1, max_context_length: 10, mock: { latency: 0 } },
        { name: 'off', type: 'mock', priority: 2, enabled: false },
        { name: 'large-one', type: 'mock', priority: 3, weight: 5 }] },
      dead: { providers: [{ ...kMock.providers[0], enabled: false }] },
    });
  });
  after(async () => assert.equal(await gateway.stop(), 0));

  const run = (args, { env = {}, config = gateway.configFile, port = gateway.port } = {}) =>
    runBinary([...(config ? ['--config', config] : []), ...(port ? ['--port', String(port)] : []), 'explain', ...args],
      { env, cwd: gateway.folder });

  it('tells who would be asked, and why not the others, with the key of the file', async () => {
    const { code, stdout, stderr } = await run(['model']);
    assert.equal(code, 0, stderr);
    assert.equal(stderr, '');
    assert.equal(stdout, 'small: the only one available of priority 1\n' +
      '  small      priority 1, weight 10: would be asked\n' +
      '  off        priority 2, weight 10: disabled in the configuration ("enabled": false)\n' +
      '  large-one  priority 3, weight 5: its priority is 3: asked when those of 1 have failed\n');
  });

  it('takes the tokens of the prompt, and names with blanks', async () => {
    assert.match((await run(['model', '--tokens', '11'])).stdout, /^large-one: /);
    assert.match((await run(['model', '--tokens', '10'])).stdout, /^small: /);
    assert.equal((await run(['a name'])).code, 0);
  });

  it('fails where nobody could be asked', async () => {
    const { code, stdout } = await run(['dead']);
    assert.equal(code, 1);
    assert.match(stdout, /^Nobody: none of its providers can be asked now\n {2}mock/);
  });

  it('takes another address and another key', async () => {
    const url = `http://127.0.0.1:${gateway.port}`;
    const elsewhere = { config: path.join(gateway.folder, 'nothing.json'), port: null };
    for (const key of [kAdminKey, secretOf('boss')]) {
      const { code, stderr } = await run(['model', '--url', url, '--key', key], elsewhere);
      assert.equal(code, 0, stderr);
    }
    assert.equal((await run(['model', '--url', url], { ...elsewhere, env: { GATEWAY_ADMIN_KEY: kAdminKey } })).code, 0);
  });

  it('tells what is wrong with the key, and not the key', async () => {
    const elsewhere = { config: path.join(gateway.folder, 'nothing.json'), port: null };
    const url = ['--url', `http://127.0.0.1:${gateway.port}`];
    for (const [args, says, where] of [
      [['--key', 'sk-gw-wrong-0123456789'], /^401 ./], [['--key', secretOf('user')], /^403 .*role admin/],
      [url, /^401 ./, elsewhere]]) {
      const { code, stdout, stderr } = await run(['model', ...args], where);
      assert.deepEqual([code, stdout], [1, '']);
      assert.match(stderr, says);
      assert.ok(!stderr.includes('0123456789'), stderr);
    }
  });

  it('tells that there is no such model', async () => {
    const { code, stderr } = await run(['nobody\n\u001b[31m']);
    assert.equal(code, 1);
    assert.match(stderr, /^404 The model 'nobody\\n\\x1b\[31m' is not configured here\.\n$/);
  });

  it('tells that nothing runs there', async () => {
    for (const args of [['--url', 'http://127.0.0.1:1'], ['--url', 'nowhere']]) {
      const { code, stdout, stderr } = await run(['model', ...args]);
      assert.deepEqual([code, stdout], [1, '']);
      assert.notEqual(stderr, '');
      assert.ok(!stderr.includes(kAdminKey));
    }
  });

  it('refuses what it can\'t understand', async () => {
    for (const args of [[], ['model', '--tokens', '-1'], ['model', '--tokens', 'many'], ['model', 'another'],
      ['model', '--tokens', '1000000001']]) {
      const { code, stderr } = await run(args);
      assert.equal(code, 1, args.join(' '));
      assert.notEqual(stderr, '');
    }
  });
});

test('the command does not take the word of whatever answers', async () => {
  const other = await Upstream.start([bytes('{"providers": []}'), bytes('{"providers": 5, "chosen": 7}'),
    bytes('{"providers": [1, null, "x"], "chosen": "x"}'), bytes('no JSON'), bytes('[]'), bytes('', { status: 500 }),
    bytes('{"providers": [{"name": 1, "priority": "x", "weight": {}}], "chosen": {}}'),
    bytes('{"error": "x"}', { status: 400 })]);
  for (let i = 0; i < 8; ++i) {
    const { code } = await runBinary(['explain', 'model', '--url', new URL(other.url).origin, '--key', 'k']);
    assert.ok(code === 0 || code === 1, `answer ${i}: it ended with ${code}`);
  }
  await other.stop();
});
