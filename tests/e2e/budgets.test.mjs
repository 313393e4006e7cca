// Budgets in money: exact at keys, owners, providers and accounts, refused in words that say what and until when, and
// reset like any quota, or never.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';

import { kYearly } from './lib/cron.mjs';
import { kClients } from './lib/dialects.mjs';
import { assertAnsweredBy, assertError, assertRetryAfter } from './lib/expect.mjs';
import { Gateway } from './lib/gateway.mjs';
import { Gate, race } from './lib/load.mjs';
import { by, costOf, kAdmin, kAdminKey, keysOf, keyState, nanosOf, nothingHeld } from './lib/money.mjs';
import { entryOf, kKey, scenarios } from './lib/scenario.mjs';
import { chunk, cut, hold, says, sse, status, Upstream } from './lib/upstream.mjs';
import { eventually } from './lib/wait.mjs';

const dollars = (cost, when = { period: 'never' }) => ({ cost_per_period: cost, ...when });
const each = (cost) => ({ price: { per_request: cost } });

// How many of the replies each provider gave, and how many were refused.
function tallyOf(replies) {
  const tally = {};
  for (const reply of replies) {
    assert.ok([200, 429].includes(reply.status), reply.text);
    const name = reply.status === 200 ? reply.headers['x-gateway-provider'] : 'refused';
    tally[name] = (tally[name] ?? 0) + 1;
  }
  return tally;
}

const raceOf200 = async (gate, ask, refused) => tallyOf(await race(gate, 200, ask, refused));

// ---- exact ----------------------------------------------------------------------------------------------

scenarios('200 clients at once', { concurrency: 1, global: { admin_key: kAdminKey }, config: {
  _keys: keysOf({
    free: {}, spender: { budget: dollars(10) }, small: { budget: dollars(0.05) }, cautious: { budget: dollars(0.05) },
    laptop: { owner: 'ada' }, phone: { owner: 'ada' }, dearer: { owner: 'eve' },
  }),
  _owners: { ada: { budget: dollars(25, { period_cron: kYearly }) }, eve: { markup: 1, budget: dollars(20) } },
} }, (scenario) => {
  const streams = (at) => ({ stream: at % 2 === 0 });

  const key = new Gate(100);
  scenario('a key\'s budget of 100 requests is for 100', {
    providers: { a: { serve: key.before(says('a')), ...each(0.1) } },
  }, async ({ chat, gateway, a }) => {
    const ask = (at) => chat(streams(at), by('spender'));
    assert.deepEqual(await raceOf200(key, ask), { a: 100, refused: 100 });
    assertError(await ask(), 429);
    assert.equal(a.requests.length, 100);
    await nothingHeld(gateway);
    assert.equal((await keyState(gateway, 'spender')).usage.cost, 10);
  });

  const owner = new Gate(100);
  scenario('an owner\'s budget is that of two keys together', {
    providers: { a: { serve: owner.before(says('a')), ...each(0.25) } },
  }, async ({ chat, gateway, a }) => {
    const ask = (at) => chat(streams(at), by(at % 3 ? 'laptop' : 'phone'));
    assert.deepEqual(await raceOf200(owner, ask), { a: 100, refused: 100 });
    for (const name of ['laptop', 'phone']) {
      assert.match(assertError(await chat({}, by(name)), 429).message, /budget of owner ada is used up: 25 of 25 USD/);
    }
    assert.equal(a.requests.length, 100);
    await nothingHeld(gateway);
    assert.equal((await gateway.get('/admin/owners/ada', kAdmin)).json.usage.cost, 25);
  });

  const markup = new Gate(100);
  scenario('a budget is in what the owner pays, markup included', {
    providers: { a: { serve: markup.before(says('a')), ...each(0.1) } },
  }, async ({ chat, gateway, stats }) => {
    assert.deepEqual(await raceOf200(markup, (at) => chat(streams(at), by('dearer'))), { a: 100, refused: 100 });
    await nothingHeld(gateway);
    assert.equal((await gateway.get('/admin/owners/eve', kAdmin)).json.usage.cost, 20);
    assert.equal((await stats()).a.cost, 10, 'the provider costs half of it');
  });

  const provider = new Gate(200);
  scenario('a provider\'s budget of 100 requests is for 100, and the next one answers the others', {
    providers: { a: { serve: provider.before(says('a')), ...each(0.07), rate_limit: dollars(7) },
      b: { serve: provider.before(says('b')) } },
  }, async ({ chat, provider: shown, stats }) => {
    assert.deepEqual(await raceOf200(provider, (at) => chat(streams(at), by('free'))), { a: 100, b: 100 });
    assertAnsweredBy(await chat({}, by('free')), 'b', 1);
    const { available, reason, until } = await shown('a');
    assert.deepEqual([available, until], [false, null]);
    assert.match(reason, /quota used up: 7 of 7 USD \(period never\)/);
    assert.equal((await stats()).a.cost, 7);
  });

  // 0.01 dollars and a prompt that costs nothing are held for each.
  const output = { price: { output: 10 } };
  const held = new Gate(5);
  scenario('max_tokens holds money back while the answer may still cost it', {
    providers: { a: { serve: held.before(says('short')), ...output } },
  }, async ({ chat, gateway }) => {
    const ask = () => chat({ max_tokens: 1000 }, by('small'));
    assert.deepEqual(await raceOf200(held, ask, 195), { a: 5, refused: 195 });
    await nothingHeld(gateway);
    assert.equal(nanosOf((await keyState(gateway, 'small')).usage.cost), 5 * 5 * 10_000);
    assertAnsweredBy(await ask(), 'a', 1);
  });

  const unknown = new Gate(5);
  scenario('answers of which nothing is known yet do not all pass as if they were free', {
    providers: { a: { serve: unknown.before(says('short')), ...output } },
  }, async ({ chat }) => {
    assert.deepEqual(await raceOf200(unknown, () => chat({}, by('cautious')), 195), { a: 5, refused: 195 });
  });
});

test('an account\'s budget is that of two models together', async () => {
  const gate = new Gate(200);
  const [upstream, spare] = await Promise.all(['p', 'q'].map((name) => Upstream.start(gate.before(says(name)))));
  const route = { providers: [{ name: 'p', use: 'account', model: 'm', priority: 1, retry: 0 },
    entryOf('q', { serve: [], priority: 2 }, spare)] };
  const gateway = await Gateway.start({ _providers: { account: { endpoint: upstream.url, api_key: kKey, ...each(0.01),
    rate_limit: dollars(1) } }, one: route, two: route });
  assert.deepEqual(await raceOf200(gate, (at) => gateway.chat(at % 2 ? 'one' : 'two')), { p: 100, q: 100 });
  for (const model of ['one', 'two']) assertAnsweredBy(await gateway.chat(model), 'q', 1);
  const { one: { p } } = await gateway.stats();
  assert.deepEqual([p.account.cost, p.account.limit_cost, p.remaining.cost], [1, 1, 0]);
  assert.equal(await gateway.stop(), 0);
  await Promise.all([upstream.stop(), spare.stop()]);
});

// ---- spent, and refused ---------------------------------------------------------------------------------

const kTwice = { providers: { a: { serve: says('a'), ...each(0.5) } } };
const { path: kMessages, body: kMessage } = kClients.messages;
const msOf = (text) => new Date(text).getTime();

scenarios('a budget', { global: { admin_key: kAdminKey }, env: { TZ: 'UTC' }, config: {
  _keys: keysOf({
    never: { budget: dollars(1) }, yearly: { budget: dollars(1, { period_cron: kYearly }) },
    rolling: { budget: dollars(1, { period: '5h' }) }, streaming: { budget: dollars(1) },
    tokens: { budget: dollars(0.0001) },
    several: { budget: [dollars(9), { requests_per_period: 2, period: '5h' }, dollars(1, { period_cron: kYearly })] },
    failing: { budget: dollars(1) }, busy: { budget: dollars(1) }, leaving: { budget: dollars(1) },
    reset: { budget: dollars(1) }, raised: { budget: dollars(1) },
  }),
} }, (scenario) => {
  scenario('that ends is refused with how much of it is used, and that waiting makes no sense', kTwice,
    async ({ chat, gateway }) => {
    for (const left of [0.5, 0]) {
      assertAnsweredBy(await chat({}, by('never')), 'a', 1);
      assert.equal((await keyState(gateway, 'never')).budget_left[0].remaining.cost, left);
    }
    const refused = await chat({}, by('never'));
    const error = assertError(refused, 429);
    assert.deepEqual([error.type, error.code], ['insufficient_quota', 'insufficient_quota']);
    assert.equal(error.message, 'The budget of key never is used up: 1 of 1 USD (period never).');
    assert.deepEqual([refused.headers['retry-after'], refused.headers['x-should-retry']], [undefined, 'false']);
  });

  for (const name of ['yearly', 'rolling']) {
    scenario(`that is ${name} says when it begins anew`, kTwice, async ({ chat, gateway }) => {
      for (let turn = 0; turn < 2; ++turn) assertAnsweredBy(await chat({}, by(name)), 'a', 1);
      const refused = await chat({}, by(name));
      const { message } = assertError(refused, 429);
      const [, until] = /is used up: 1 of 1 USD \(period .*\)\. It begins anew at (\S+)\.$/.exec(message) ?? [];
      const [{ next_reset: next }] = (await keyState(gateway, name)).budget_left;
      assert.equal(until, next);
      const seconds = assertRetryAfter(refused);
      assert.ok(Math.abs(Date.now() + seconds * 1000 - msOf(`${next}Z`)) < 60_000, `${seconds} s until ${next}`);
      assert.equal(refused.headers['x-should-retry'], 'false');
    });
  }

  scenario('is refused in Anthropic\'s words to its clients, before a stream begins', kTwice,
    async ({ chat, post }) => {
    for (let turn = 0; turn < 2; ++turn) assertAnsweredBy(await chat({ stream: true }, by('streaming')), 'a', 1);
    for (const stream of [false, true]) {
      const { status: code, headers, json } = await post(kMessages, { ...kMessage, stream }, by('streaming'));
      assert.deepEqual([code, json.type, json.error.type], [402, 'error', 'billing_error']);
      assert.match(json.error.message, /^The budget of key streaming is used up: 1 of 1 USD/);
      assert.equal(headers['x-should-retry'], 'false');
    }
  });

  // One answer costs 0.000054 dollars.
  scenario('lets the answer that reaches it finish', {
    providers: { a: { serve: says('a'), price: { input: 2, output: 8 } } },
  }, async ({ chat, gateway }) => {
    for (let turn = 0; turn < 2; ++turn) assert.equal(costOf(await chat({ max_tokens: 5 }, by('tokens'))), 54_000);
    assert.match(assertError(await chat({}, by('tokens')), 429).message, /0\.000108 of 0\.0001 USD/);
    assert.equal(nanosOf((await keyState(gateway, 'tokens')).usage.cost), 108_000);
  });

  scenario('of several windows ends with the first of them', kTwice, async ({ chat, gateway }) => {
    for (let turn = 0; turn < 2; ++turn) await chat({}, by('several'));
    assert.match(assertError(await chat({}, by('several')), 429).message, /2 of 2 requests \(period 5h\)/);
    const { budget_left: windows } = await keyState(gateway, 'several');
    assert.deepEqual(windows.map(({ period, cost, limit_cost: limit }) => [period, cost, limit]).sort(),
      [[kYearly, 1, 1], ['5h', 1, null], ['never', 1, 9]].sort());
  });

  scenario('gets back what was held for answers that never came', {
    providers: { a: { serve: [status(500), status(400), sse(cut), says('a')],
      ...each(1) } },
  }, async ({ chat, gateway, a }) => {
    for (const code of [502, 400, 502]) assertError(await chat({}, by('failing')), code);
    await nothingHeld(gateway);
    assert.equal((await keyState(gateway, 'failing')).usage.cost, 0);
    assertAnsweredBy(await chat({}, by('failing')), 'a', 1);
    assertError(await chat({}, by('failing')), 429);
    assert.equal(a.requests.length, 4);
  });

  scenario('that is held by requests in flight says so, and is worth another try', {
    providers: { a: { serve: [sse(chunk({ content: 'a' }), hold), says('a')], ...each(1) } },
  }, async ({ chat, stream, a }) => {
    const answer = await stream({}, by('busy'));
    await answer.nextEvent();
    const refused = await chat({}, by('busy'));
    assert.match(assertError(refused, 429).message, /budget of key busy is held by requests in flight/);
    assertRetryAfter(refused);
    assert.equal(refused.headers['x-should-retry'], undefined);
    a.release();
    await answer.rest();
  });

  scenario('pays for what a client has seen that left', {
    providers: { a: { serve: sse(chunk({ content: 'a' }), hold), ...each(1) } },
  }, async ({ chat, stream, gateway, a }) => {
    const answer = await stream({}, by('leaving'));
    await answer.nextEvent();
    answer.abort();
    await a.requests[0].aborted();
    await eventually(async () => (await keyState(gateway, 'leaving')).usage.cost === 1, 'it to be counted');
    assert.match(assertError(await chat({}, by('leaving')), 429).message, /1 of 1 USD/);
  });

  scenario('begins anew by hand', kTwice, async ({ chat, gateway }) => {
    for (let round = 1; round <= 2; ++round) {
      for (let turn = 0; turn < 2; ++turn) assertAnsweredBy(await chat({}, by('reset')), 'a', 1);
      assertError(await chat({}, by('reset')), 429);
      const reply = await gateway.request('DELETE', '/admin/usage/_keys/reset', { headers: kAdmin });
      assert.equal(reply.status, 200, reply.text);
    }
  });
});

// ---- over time --------------------------------------------------------------------------------------------

// A gateway of its own; one answer costs half a dollar.
class House {
  static async start(settings) {
    const house = new House();
    house.upstream = await Upstream.start(says('a'));
    house.gateway = await Gateway.start(house.configOf(settings), { env: { TZ: 'UTC' } });
    return house;
  }
  configOf({ key = {}, owner = {}, provider = {} }) {
    this.config = {
      _global: { admin_key: kAdminKey }, _keys: keysOf({ k: { owner: 'ada', ...key } }), _owners: { ada: owner },
      model: { providers: [entryOf('a', { serve: [], ...each(0.5), ...provider }, this.upstream)] },
    };
    return this.config;
  }
  // How many of the next so many are answered.
  async answered(asked) {
    let answers = 0;
    for (let turn = 0; turn < asked; ++turn) answers += (await this.gateway.chat('model', {}, by('k'))).status === 200;
    return answers;
  }
  async costs() {
    const { a } = (await this.gateway.stats(kAdmin)).model;
    const owner = (await this.gateway.get('/admin/owners/ada', kAdmin)).json;
    return { key: (await keyState(this.gateway, 'k')).usage.cost, owner: owner.usage.cost, provider: a.cost };
  }
  file(...names) {
    return path.join(this.gateway.dataFolder, 'usage', ...names);
  }
  async restart(end, meanwhile = () => {}) {
    await this.gateway[end]({ keepFolder: true });
    meanwhile();
    this.gateway = await Gateway.start(this.config, { folder: this.gateway.folder, env: { TZ: 'UTC' } });
  }
  async stop() {
    assert.equal(await this.gateway.stop(), 0);
    await this.upstream.stop();
  }
}

test('what is spent survives SIGKILL and SIGTERM', async () => {
  const house = await House.start({ key: { budget: dollars(2) }, owner: { budget: dollars(9) }, provider: {
    rate_limit: dollars(8) } });
  assert.equal(await house.answered(1), 1);
  await house.restart('kill');
  assert.deepEqual(await house.costs(), { key: 0.5, owner: 0.5, provider: 0.5 });
  assert.equal(await house.answered(1), 1);
  await house.restart('stop');
  assert.equal(await house.answered(5), 2);
  await house.restart('kill');
  assert.deepEqual(await house.costs(), { key: 2, owner: 2, provider: 2 });
  assert.equal(await house.answered(1), 0);
  await house.stop();
});

// The counter's file says when its period began and ends; here both lie in the past.
function endPeriod(file) {
  const counter = JSON.parse(fs.readFileSync(file, 'utf8'));
  assert.equal(counter.period, kYearly, 'the first window is the yearly one');
  Object.assign(counter, { last_reset: '2024-02-01T00:00:00+00:00', next_reset: '2024-03-01T00:00:00+00:00' });
  fs.writeFileSync(file, JSON.stringify(counter));
}

const kYearlyAndForEver = [dollars(1, { period_cron: kYearly }), dollars(2)];

for (const [what, setting, names] of [
  ['a key', { key: { budget: kYearlyAndForEver } }, ['_keys', 'k.json']],
  ['an owner', { owner: { budget: kYearlyAndForEver } }, ['_owners', 'ada.json']],
  ['a provider', { provider: { rate_limit: kYearlyAndForEver } }, ['model', 'a.json']],
]) {
  test(`a period of ${what} that ended while the gateway was down is reset once, and \`never\` is not`, async () => {
    const house = await House.start(setting);
    assert.equal(await house.answered(3), 2);
    await house.restart('stop', () => endPeriod(house.file(...names)));
    assert.equal(await house.answered(3), 2, 'the year has begun anew');
    await house.restart('stop', () => endPeriod(house.file(...names)));
    assert.equal(await house.answered(3), 0, 'the two dollars are gone for ever');
    await house.stop();
  });
}

test('a reload keeps what is spent: a budget that is raised has more left, a lower one is used up', async () => {
  const house = await House.start({ key: { budget: dollars(1) } });
  const reload = async (settings) => {
    const reply = await house.gateway.reload(house.configOf(settings), kAdmin);
    assert.equal(reply.status, 200, reply.text);
  };
  assert.equal(await house.answered(3), 2);
  await reload({ key: { budget: dollars(1.5) } });
  assert.equal(await house.answered(3), 1);
  await reload({ key: { budget: dollars(0.5) } });
  assert.equal(await house.answered(1), 0);
  await reload({ key: { budget: null } });
  assert.equal(await house.answered(3), 3);
  await reload({ key: { budget: null }, owner: { budget: dollars(0.5) } });
  assert.ok(await house.answered(3) <= 1, 'a new budget begins at 0');
  await house.stop();
});

test('200 clients are held to a budget of a key that was made while the gateway ran', async () => {
  const gate = new Gate(100);
  const upstream = await Upstream.start(gate.before(says('a')));
  const gateway = await Gateway.start({ _global: { admin_key: kAdminKey },
    model: { providers: [entryOf('a', { serve: [], ...each(0.01) }, upstream)] } });
  const made = await gateway.post('/admin/keys', { name: 'guest', budget: dollars(1) }, kAdmin);
  assert.equal(made.status, 201, made.text);
  const headers = { authorization: `Bearer ${made.json.secret}` };
  assert.deepEqual(await raceOf200(gate, () => gateway.chat('model', {}, headers)), { a: 100, refused: 100 });
  const body = { budget: dollars(1.05) };
  const changed = await gateway.request('PATCH', '/admin/keys/guest', { headers: kAdmin, body });
  assert.equal(changed.status, 200, changed.text);
  const more = [];
  for (let turn = 0; turn < 7; ++turn) more.push((await gateway.chat('model', {}, headers)).status);
  assert.deepEqual(more, [200, 200, 200, 200, 200, 429, 429]);
  assert.equal(await gateway.stop(), 0);
  await upstream.stop();
});
