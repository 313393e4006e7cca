// Counters set to zero by hand: through /admin/usage, or by deleting their files.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';

import { kYearly } from './lib/cron.mjs';
import { assertAnsweredBy, assertError } from './lib/expect.mjs';
import { Gateway } from './lib/gateway.mjs';
import { entryOf, kKey, scenarios } from './lib/scenario.mjs';
import { afterRelease, says, Upstream } from './lib/upstream.mjs';
import { eventually } from './lib/wait.mjs';

const limitOf = (requests) => ({ requests_per_period: requests, period_cron: kYearly });

// The path of a counter, each name encoded as a whole.
const counterPath = (...names) => `/admin/usage/${names.map(encodeURIComponent).join('/')}`;

function remove(gateway, target, headers) {
  return gateway.request('DELETE', target, { headers });
}

async function reset(gateway, ...names) {
  const reply = await remove(gateway, counterPath(...names));
  assert.equal(reply.status, 200, reply.text);
  return reply.json;
}

// ---- DELETE /admin/usage/<model>/<provider> -------------------------------------------------------------

scenarios('a reset by hand', {}, (scenario) => {
  scenario('tells what was counted, and lets the provider serve again at once', {
    providers: { a: { serve: says('from a'), rate_limit: limitOf(2) }, b: { serve: says('from b') } },
  }, async ({ chat, gateway, model, provider, stats }) => {
    for (const name of ['a', 'a', 'b']) assertAnsweredBy(await chat(), name, 1);
    const { model: ofModel, provider: ofProvider, before } = await reset(gateway, model, 'a');
    assert.deepEqual([ofModel, ofProvider, before], [model, 'a', { requests: 2, tokens: 24 }]);
    const { a, b } = await stats();
    assert.deepEqual([a.requests, a.tokens, a.total_requests, a.total_tokens], [0, 0, 0, 0]);
    assert.deepEqual([b.requests, b.tokens], [1, 12], 'nobody else\'s count is touched');
    assert.equal((await provider('a')).available, true);
    await gateway.waitForLog(
      new RegExp(`INFO Reset usage\\b.*\\bmodel=${model} provider=a\\b.*\\brequests=2 tokens=24`));
    for (const name of ['a', 'a', 'b']) assertAnsweredBy(await chat(), name, 1);
  });

  scenario('empties every window, and a rolling one waits for its next request', {
    providers: { a: { serve: says('a'), rate_limit: [{ requests_per_period: 3, period: '5h' }, limitOf(4)] } },
  }, async ({ chat, gateway, model, stats }) => {
    for (let turn = 0; turn < 3; ++turn) await chat();
    await reset(gateway, model, 'a');
    const { windows } = (await stats()).a;
    assert.deepEqual(windows.map((window) => window.requests), [0, 0]);
    assert.deepEqual([windows[0].last_reset, windows[0].next_reset], [null, null]);
    assertAnsweredBy(await chat(), 'a', 1);
  });

  scenario('twice is no error', { providers: { a: { serve: says('a') } } }, async ({ chat, gateway, model }) => {
    await chat();
    assert.equal((await reset(gateway, model, 'a')).before.requests, 1);
    assert.equal((await reset(gateway, model, 'a')).before.requests, 0);
  });

  scenario('leaves a request in flight its place, and it counts afterwards', {
    providers: { a: { serve: [says('first'), afterRelease(says('late'))], rate_limit: limitOf(2) },
      b: { serve: says('from b') } },
  }, async ({ chat, gateway, model, stats, a }) => {
    await chat();
    const late = chat();
    await a.request(2);
    await reset(gateway, model, 'a');
    const { requests, reserved_requests: reserved } = (await stats()).a;
    assert.deepEqual([requests, reserved], [0, 1]);
    a.release();
    assertAnsweredBy(await late, 'a', 1);
    await eventually(async () => (await stats()).a.requests === 1, 'the late one to be counted');
    a.release();
    assertAnsweredBy(await chat(), 'a', 1);
    assertAnsweredBy(await chat(), 'b', 1);
  });

  scenario('is exact under load: each reset lets the limit through once more', {
    providers: { a: { serve: says('from a'), rate_limit: limitOf(50) }, b: { serve: says('from b') } },
  }, async ({ chat, gateway, model, stats, a }) => {
    let counted = 0;
    for (let round = 1; round <= 3; ++round) {
      const load = Promise.all(Array.from({ length: 100 }, () => chat()));
      counted += (await reset(gateway, model, 'a')).before.requests;  // somewhere in the midst of it
      assert.ok((await load).every((reply) => reply.status === 200));
      await eventually(async () => (await stats()).a.reserved_requests === 0, 'the last of them to be counted');
    }
    counted += (await stats()).a.requests;
    assert.equal(counted, a.requests.length, 'each answer was counted once, before a reset or after it');
    assert.ok(a.requests.length <= 4 * 50, `${a.requests.length} answers`);
  });

  const kNames = {
    'slashes': ['org/family/model', 'host/provider'],
    'blanks and percent signs': ['100 % model', 'my provider %2F'],
    'other scripts': ['modèle ☃', 'προμηθευτής'],
    'dots': ['..', '.'],
  };
  for (const [what, [model, provider]] of Object.entries(kNames)) {
    scenario(`finds names with ${what}`, { model, providers: { [provider]: { serve: says('hi') } } },
      async ({ chat, gateway, stats }) => {
      await chat();
      const reply = await reset(gateway, model, provider);
      assert.deepEqual([reply.model, reply.provider, reply.before.requests], [model, provider, 1]);
      assert.equal((await stats())[provider].requests, 0);
    });
  }

  scenario('finds names with slashes that are not encoded', {
    model: 'team/one/model', providers: { 'zone/p': { serve: says('hi') } },
  }, async ({ chat, gateway, stats }) => {
    await chat();
    const reply = await remove(gateway, '/admin/usage/team/one/model/zone/p');
    assert.equal(reply.status, 200, reply.text);
    const { model: ofModel, provider: ofProvider, before } = reply.json;
    assert.deepEqual([ofModel, ofProvider, before.requests], ['team/one/model', 'zone/p', 1]);
    assert.equal((await stats())['zone/p'].requests, 0);
  });

  scenario('of somebody unknown is a 404 and changes nothing', { providers: { a: { serve: says('a') } } },
    async ({ chat, gateway, model, stats }) => {
    await chat();
    for (const target of [counterPath('nobody', 'a'), counterPath(model, 'nobody'), counterPath('_providers', 'nobody'),
      counterPath(model), `/admin/usage/${model}/`, '/admin/usage/', '/admin/usage//a', `/admin/usage/${model}/a/b`]) {
      const reply = await remove(gateway, target);
      assert.ok([404, 405].includes(reply.status), `${target}: ${reply.status} ${reply.text}`);
      assertError(reply, reply.status);
    }
    assert.equal((await stats()).a.requests, 1);
  });

  scenario('by a web page from elsewhere is refused', { providers: { a: { serve: says('a') } } },
    async ({ chat, gateway, model, stats }) => {
    await chat();
    for (const origin of ['https://evil.example', 'http://localhost.evil.example', 'null']) {
      assertError(await remove(gateway, counterPath(model, 'a'), { origin }), 403);
    }
    assert.equal((await stats()).a.requests, 1);
    const own = await remove(gateway, counterPath(model, 'a'), { origin: `http://127.0.0.1:${gateway.port}` });
    assert.equal(own.status, 200, own.text);
  });
});

scenarios('a reset by hand needs a key', { global: { api_key: 'client-key-0123456789',
  admin_key: 'admin-key-0123456789' } }, (scenario) => {
  scenario('the administrator\'s, not a client\'s', { providers: { a: { serve: says('a') } } },
    async ({ chat, gateway, model, stats }) => {
    const client = { authorization: 'Bearer client-key-0123456789' };
    const admin = { authorization: 'Bearer admin-key-0123456789' };
    assert.equal((await chat({}, client)).status, 200);
    for (const headers of [{}, client]) {
      const reply = await remove(gateway, counterPath(model, 'a'), headers);
      assert.ok([401, 403].includes(reply.status), reply.text);
      assertError(reply, reply.status);
    }
    assert.equal((await stats()).a.requests, 1);
    assert.equal((await remove(gateway, counterPath(model, 'a'), { ...admin, origin: 'https://evil.example' })).status,
      200, 'who has the key may');
    assert.equal((await stats()).a.requests, 0);
  });
});

// ---- gateways of their own ------------------------------------------------------------------------------

// Two models whose provider `p` is of one account, both with a limit of 4 and a spare `q`; the counters' files by name.
class House {
  static async start() {
    const house = new House();
    [house.upstream, house.spare] = [await Upstream.start(says('p')), await Upstream.start(says('q'))];
    const route = { providers: [{ name: 'p', use: 'account', model: 'm', priority: 1, rate_limit: limitOf(4) },
      entryOf('q', { serve: [], priority: 2 }, house.spare)] };
    house.config = {
      _providers: { account: { endpoint: house.upstream.url, api_key: kKey, rate_limit: limitOf(6) } },
      one: route, two: route,
    };
    house.gateway = await Gateway.start(house.config);
    return house;
  }

  chat(model, times = 1) {
    return Promise.all(Array.from({ length: times }, () => this.gateway.chat(model)));
  }
  async counts() {
    const { one, two } = await this.gateway.stats();
    return { one: one.p.requests, two: two.p.requests, account: one.p.account.requests };
  }
  // The counts once they are so.
  async settle(expected) {
    let counts;
    await eventually(async () => {
      counts = await this.counts();
      return isDeepStrictEqual(counts, expected);
    }, 'other counts').catch(() => assert.deepEqual(counts, expected));
  }
  file(...names) {
    return path.join(this.gateway.dataFolder, 'usage', ...names);
  }
  // A save is under way when all counters have files; SIGHUP brings the first one forward.
  async saved() {
    this.gateway.signal('SIGHUP');
    const files = [this.file('one', 'p.json'), this.file('two', 'p.json'), this.file('_providers', 'account.json')];
    await eventually(() => files.every((file) => fs.existsSync(file)), 'files of all counters');
  }
  async killAndStart(meanwhile = () => {}) {
    await this.gateway.kill({ keepFolder: true });
    meanwhile();
    this.gateway = await Gateway.start(this.config, { folder: this.gateway.folder });
  }
  async stop() {
    assert.equal(await this.gateway.stop(), 0);
    await Promise.all([this.upstream.stop(), this.spare.stop()]);
  }
}

test('a reset survives SIGKILL right after its answer', async () => {
  const house = await House.start();
  for (const saves of [false, true]) {  // whether there were files before
    if (saves) await house.saved();
    await house.chat('one', 3);
    await house.chat('two');
    const already = (await house.counts()).account - 4;
    assert.equal((await reset(house.gateway, 'one', 'p')).before.requests, 3);
    await house.killAndStart();
    await house.settle({ one: 0, two: 1, account: already + 4 });
    await reset(house.gateway, 'two', 'p');
    await reset(house.gateway, '_providers', 'account');
    await house.killAndStart();
    await house.settle({ one: 0, two: 0, account: 0 });
  }
  await house.stop();
});

test('what is counted after a reset survives SIGKILL', async () => {
  const house = await House.start();
  await house.chat('one', 3);
  await reset(house.gateway, 'one', 'p');
  await house.chat('one', 2);
  await house.killAndStart();
  await house.settle({ one: 2, two: 0, account: 5 });
  await house.stop();
});

test('an account is reset without its entries, and an entry without its account', async () => {
  const house = await House.start();
  await house.chat('one', 3);
  await house.chat('two', 3);
  assertAnsweredBy((await house.chat('two'))[0], 'q', 1);
  assert.equal((await reset(house.gateway, '_providers', 'account')).before.requests, 6);
  await house.settle({ one: 3, two: 3, account: 0 });
  await house.gateway.waitForLog(/INFO Reset usage\b.*\bmodel=_providers provider=account\b/);
  assertAnsweredBy((await house.chat('two'))[0], 'p', 1);
  assertAnsweredBy((await house.chat('two'))[0], 'q', 1);
  assert.equal((await reset(house.gateway, 'two', 'p')).before.requests, 4);
  await house.settle({ one: 3, two: 0, account: 1 });
  await house.stop();
});

// ---- deleted files --------------------------------------------------------------------------------------

// A save may put a file there meanwhile.
const kWithAll = { recursive: true, maxRetries: 5, retryDelay: 20 };

test('deleting a counter\'s file while the gateway runs resets it', async () => {
  const house = await House.start();
  await house.chat('one', 4);
  await house.chat('two');
  await house.saved();
  assertAnsweredBy((await house.chat('one'))[0], 'q', 1);
  fs.rmSync(house.file('one', 'p.json'));
  await house.gateway.waitForLog(/INFO Reset usage\b.*\bmodel=one provider=p\b.*\brequests=4\b/);
  await house.settle({ one: 0, two: 1, account: 5 });
  assertAnsweredBy((await house.chat('one'))[0], 'p', 1);
  await house.settle({ one: 1, two: 1, account: 6 });

  fs.rmSync(house.file('_providers'), kWithAll);
  await house.gateway.waitForLog(/INFO Reset usage\b.*\bmodel=_providers provider=account\b.*\brequests=6\b/);
  await house.settle({ one: 1, two: 1, account: 0 });
  await house.killAndStart();
  await house.settle({ one: 1, two: 1, account: 0 });
  await house.stop();
});

test('deleting all of them resets all', async () => {
  const house = await House.start();
  await house.chat('one', 3);
  await house.chat('two', 2);
  await house.saved();
  for (const name of fs.readdirSync(house.file()).filter((each) => each !== 'lock')) {
    fs.rmSync(house.file(name), kWithAll);
  }
  await house.settle({ one: 0, two: 0, account: 0 });
  await house.chat('one', 2);
  await house.killAndStart();
  await house.settle({ one: 2, two: 0, account: 2 });
  await house.stop();
});

test('deleting a file while the gateway is down resets its counter', async () => {
  const house = await House.start();
  await house.chat('one', 2);
  await house.saved();
  await house.chat('one', 2);  // these the file does not have yet
  await house.killAndStart(() => fs.rmSync(house.file('one', 'p.json')));
  await house.settle({ one: 0, two: 0, account: 4 });
  await house.chat('one');
  await house.killAndStart();
  await house.settle({ one: 1, two: 0, account: 5 });
  await house.stop();
});
