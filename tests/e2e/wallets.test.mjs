// Prepaid balances: credits, debits at the owner's own rate, 402 when nothing is left, exact for any number of clients;
// and the ledger, which agrees with every answer to the nano-dollar, whenever the gateway is killed.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';

import { send } from './lib/client.mjs';
import { kClients } from './lib/dialects.mjs';
import { assertAnsweredBy, assertError, assertRetryAfter } from './lib/expect.mjs';
import { Gateway } from './lib/gateway.mjs';
import { Dice, Gate, numberedBody, race, saysByNumber, usageOf } from './lib/load.mjs';
import { by, costOf, kAdmin, kAdminKey, keysOf, keyState, nanosOf, nothingHeld, secretOf } from './lib/money.mjs';
import { entryOf, scenarios } from './lib/scenario.mjs';
import { chunk, hold, says, sse, status, Upstream } from './lib/upstream.mjs';
import { eventually } from './lib/wait.mjs';

const each = (cost) => ({ price: { per_request: cost } });
const { path: kMessages, body: kMessage } = kClients.messages;

const creditPath = (owner) => `/admin/owners/${encodeURIComponent(owner)}/credit`;

async function credit(gateway, owner, amount, note = 'cash') {
  const reply = await gateway.post(creditPath(owner), { amount, note }, kAdmin);
  assert.equal(reply.status, 200, reply.text);
  return reply.json.balance;
}

async function ownerState(gateway, owner) {
  const reply = await gateway.get(`/admin/owners/${encodeURIComponent(owner)}`, kAdmin);
  assert.equal(reply.status, 200, reply.text);
  return reply.json;
}

const balanceOf = async (gateway, owner) => (await ownerState(gateway, owner)).balance;

const ledgerOf = (gateway) => path.join(gateway.dataFolder, 'ledger.jsonl');

function ledgerLines(gateway) {
  return fs.readFileSync(ledgerOf(gateway), 'utf8').trimEnd().split('\n').map((line) => JSON.parse(line));
}

const sum = (numbers) => numbers.reduce((total, number) => total + number, 0);

// How many were answered. The others were refused: 429 while the rest of the balance is held by requests in flight, 402
// once it is used up.
function tallyOf(replies) {
  const statuses = replies.map((reply) => reply.status);
  for (const [at, code] of statuses.entries()) assert.ok([200, 402, 429].includes(code), replies[at].text);
  const answered = statuses.filter((code) => code === 200).length;
  return { answered, refused: statuses.length - answered };
}

// ---- one exchange after the other -----------------------------------------------------------------------

const kOwners = {
  ada: {}, bob: { prepaid: true }, eve: { markup: 0.2 }, zoe: { markup: 5, prices: { 'own-*': { input: 1, output: 100 },
    'own-named': { per_request: 0.75 } } },
  'race-ada': {}, 'race-eve': { markup: 1 }, small: {}, held: {}, failing: {}, leaving: {}, gone: {}, 'gone-too': {},
  '*': { prepaid: true, markup: 0.5 },
};
const kOwned = { ...kOwners, unlisted: {} };
delete kOwned['*'];

scenarios('a balance', { concurrency: 4, global: { admin_key: kAdminKey }, config: {
  _owners: kOwners,
  _keys: keysOf({ ...Object.fromEntries(Object.keys(kOwned).map((owner) => [owner, { owner }])),
    second: { owner: 'race-ada' }, nobodys: {} }),
} }, (scenario) => {
  const half = { providers: { a: { serve: says('a'), ...each(0.5) } } };

  scenario('is not needed before the first credit', half, async ({ chat, gateway }) => {
    assert.equal(await balanceOf(gateway, 'ada'), null);
    assert.equal(costOf(await chat({}, by('ada'))), 500_000_000);
    assert.equal(await balanceOf(gateway, 'ada'), null);
    assert.equal(await credit(gateway, 'ada', 1), 1, 'what was used before is not owed');
    for (const left of [0.5, 0]) {
      assertAnsweredBy(await chat({}, by('ada')), 'a', 1);
      assert.equal(await balanceOf(gateway, 'ada'), left);
    }
    assertError(await chat({}, by('ada')), 402);
    assertAnsweredBy(await chat({}, by('nobodys')), 'a', 1);
  });

  scenario('that is used up is a 402 in the client\'s dialect, until there is a credit', half,
    async ({ chat, post, gateway, a }) => {
    assert.equal((await ownerState(gateway, 'bob')).prepaid, true);
    const refused = await chat({}, by('bob'));
    const error = assertError(refused, 402);
    assert.deepEqual([error.type, error.code], ['insufficient_quota', 'insufficient_quota']);
    assert.match(error.message, /^The balance of bob is used up\./);
    assert.deepEqual([refused.headers['retry-after'], refused.headers['x-should-retry']], [undefined, 'false']);
    for (const stream of [false, true]) {
      const { status: code, headers, json } = await post(kMessages, { ...kMessage, stream }, by('bob'));
      assert.deepEqual([code, json.type, json.error.type], [402, 'error', 'billing_error']);
      assert.match(json.error.message, /^The balance of bob is used up\./);
      assert.equal(headers['x-should-retry'], 'false');
    }
    assert.equal(a.requests.length, 0);
    await credit(gateway, 'bob', 0.1);
    assertAnsweredBy(await chat({}, by('bob')), 'a', 1);
    assert.equal(await balanceOf(gateway, 'bob'), -0.4, 'the one that uses it up is let finish');
    assertError(await chat({}, by('bob')), 402);
    await credit(gateway, 'bob', 0.4);
    assertError(await chat({}, by('bob')), 402);
    await credit(gateway, 'bob', 1);
    assertAnsweredBy(await chat({}, by('bob')), 'a', 1);
  });

  // One answer costs the provider's owner 0.000054 dollars.
  const priced = { providers: { a: { serve: says('a'), price: { input: 2, output: 8 } } } };
  scenario('is charged the provider\'s price with the markup', priced, async ({ chat, stream, gateway, stats }) => {
    await credit(gateway, 'eve', 1);
    assert.equal(costOf(await chat({}, by('eve'))), 64_800);
    await (await stream({}, by('eve'))).rest();
    await eventually(async () => await balanceOf(gateway, 'eve') === 1 - 0.0001296, 'the stream to be charged');
    assert.equal(nanosOf((await stats()).a.cost), 108_000, 'what the provider costs stays');
    assert.equal(nanosOf((await keyState(gateway, 'eve')).usage.cost), 129_600);
  });

  // Its owner's price is for the model that is asked for, whoever serves it, or else for the one that an alias stands for.
  scenario('is charged the owner\'s own prices', { model: 'own-named', aliases: ['own-else', 'without'], ...priced },
    async ({ gateway }) => {
    let left = 10_000_000_000;
    await credit(gateway, 'zoe', 10);
    for (const [model, charge] of [['own-named', 750_000_000], ['own-else', 507_000], ['without', 750_000_000]]) {
      assert.equal(costOf(await gateway.chat(model, {}, by('zoe'))), charge, model);
      assert.equal(nanosOf(await balanceOf(gateway, 'zoe')), left -= charge);
    }
  });

  scenario('of an owner who is not listed goes by the terms of *', half, async ({ chat, gateway }) => {
    assertError(await chat({}, by('unlisted')), 402);
    await credit(gateway, 'unlisted', 1);
    assert.equal(costOf(await chat({}, by('unlisted'))), 750_000_000);
    assert.equal(await balanceOf(gateway, 'unlisted'), 0.25);
  });

  const gate = new Gate(100);
  scenario('of 100 requests is for 100 of 200 clients at once, with two keys', {
    providers: { a: { serve: gate.before(says('a')), ...each(0.1) } },
  }, async ({ chat, gateway, a }) => {
    await credit(gateway, 'race-ada', 10);
    const ask = (at) => chat({ stream: at % 2 === 0 }, by(at % 3 ? 'race-ada' : 'second'));
    assert.deepEqual(tallyOf(await race(gate, 200, ask)), { answered: 100, refused: 100 });
    assert.equal(a.requests.length, 100);
    await nothingHeld(gateway);
    assert.equal(await balanceOf(gateway, 'race-ada'), 0);
    for (const key of ['race-ada', 'second']) assertError(await chat({}, by(key)), 402);
  });

  const dearer = new Gate(50);
  scenario('is for as many as it pays with the markup', {
    providers: { a: { serve: dearer.before(says('a')), ...each(0.1) } },
  }, async ({ chat, gateway }) => {
    await credit(gateway, 'race-eve', 10);
    const ask = (at) => chat({ stream: at % 2 === 0 }, by('race-eve'));
    assert.deepEqual(tallyOf(await race(dearer, 200, ask)), { answered: 50, refused: 150 });
    assert.equal(await balanceOf(gateway, 'race-eve'), 0);
  });

  scenario('gets back what was held for answers that never came', {
    providers: { a: { serve: [status(500), status(400), says('a')], ...each(1) } },
  }, async ({ chat, gateway }) => {
    await credit(gateway, 'failing', 1);
    assertError(await chat({}, by('failing')), 502);
    assertError(await chat({}, by('failing')), 400);
    assert.equal(await balanceOf(gateway, 'failing'), 1);
    assertAnsweredBy(await chat({}, by('failing')), 'a', 1);
    assertError(await chat({}, by('failing')), 402);
  });

  scenario('pays for what a client has seen that left', {
    providers: { a: { serve: sse(chunk({ content: 'a' }), hold), ...each(1) } },
  }, async ({ chat, stream, gateway }) => {
    await credit(gateway, 'leaving', 1);
    const answer = await stream({}, by('leaving'));
    await answer.nextEvent();
    answer.abort();
    await eventually(async () => await balanceOf(gateway, 'leaving') === 0, 'it to be charged');
    assertError(await chat({}, by('leaving')), 402);
  });

  scenario('is shown with everything else to who asks with the own key', half, async ({ chat, gateway }) => {
    await credit(gateway, 'small', 2);
    await chat({}, by('small'));
    const shown = (await gateway.get('/v1/usage', by('small'))).json;
    assert.deepEqual([shown.key, shown.owner, shown.role, shown.balance, shown.usage.requests, shown.usage.cost],
      ['small', 'small', 'user', 1.5, 1, 0.5]);
    const nobodys = (await gateway.get('/v1/usage', by('nobodys'))).json;
    assert.deepEqual([nobodys.owner, nobodys.balance, nobodys.owner_usage], [null, null, undefined]);
  });

  scenario('can be credited in any amount, and taken back from', half, async ({ gateway }) => {
    for (const [amount, balance] of [[5, 5], ['0.50', 5.5], [0.000000001, 5.500000001], [-5.5, 0.000000001],
      ['-0.000000001', 0]]) {
      assert.equal(await credit(gateway, 'gone', amount), balance);
    }
  });

  scenario('is not touched by a credit that can\'t be meant', half, async ({ chat, gateway }) => {
    const amounts = [0, 'five', '', null, true, [5], 0.0000000001, 1e12].map((amount) => ({ amount }));
    const bodies = [...amounts, {}, [], 5, { amount: 5, note: 7 }, { amount: 5, notes: 'x' }];
    for (const body of bodies) {
      assertError(await gateway.post(creditPath('gone-too'), body, kAdmin), 400);
    }
    for (const text of ['{"amount": 5', '', '{"amount": NaN}', '{"amount": 1, "amount": 100}']) {
      assertError(await gateway.post(creditPath('gone-too'), text, kAdmin), 400);
    }
    assertError(await gateway.post(creditPath('gone-too'), { amount: 5 }, by('gone-too')), 403);
    assertError(await gateway.post(creditPath('gone-too'), { amount: 5 }), 401);
    for (const bad of [' ', ' ada', 'a\nb', 'x'.repeat(300)]) {
      const reply = await gateway.post(creditPath(bad), { amount: 5 }, kAdmin);
      assert.equal(reply.status, 400, `${bad}: ${reply.text}`);
    }
    assert.equal(await balanceOf(gateway, 'gone-too'), null);
    assertAnsweredBy(await chat({}, by('gone-too')), 'a', 1);
  });
});

// A balance from which an answer of unknown size is being paid is not used up.
test('a balance that is held by requests in flight is not said to be used up', async () => {
  const upstream = await Upstream.start([sse(chunk({ content: 'a' }), hold), says('a')]);
  const gateway = await Gateway.start({ _global: { admin_key: kAdminKey }, _keys: keysOf({ k: { owner: 'ada' } }),
    model: { providers: [entryOf('a', { serve: [], price: { output: 1000 } }, upstream)] } });
  await credit(gateway, 'ada', 1);
  const answer = await gateway.stream('model', { max_tokens: 1000 }, by('k'));
  await answer.nextEvent();
  const refused = await gateway.chat('model', { max_tokens: 1000 }, by('k'));
  assert.match(assertError(refused, 429).message, /balance of ada is held by requests in flight/);
  assertRetryAfter(refused);
  assert.equal(refused.headers['x-should-retry'], undefined);
  upstream.release();
  await answer.rest();
  assert.equal(await gateway.stop(), 0);
  await upstream.stop();
});

// ---- the ledger -----------------------------------------------------------------------------------------

test('transactions are the ledger\'s, the latest first, and survive every end', async () => {
  const upstream = await Upstream.start(says('a'));
  const config = { _global: { admin_key: kAdminKey },
    _keys: keysOf({ laptop: { owner: 'ada' }, phone: { owner: 'ada' } }),
    model: { providers: [entryOf('a', { serve: [], ...each(0.25) }, upstream)] } };
  let gateway = await Gateway.start(config);
  const shown = async (query = '') => {
    const reply = await gateway.get(`/admin/owners/ada/transactions${query}`, kAdmin);
    assert.equal(reply.status, 200, reply.text);
    return reply.json;
  };
  assertError(await gateway.get('/admin/owners/eve/transactions', kAdmin), 404);
  assert.deepEqual((await shown()).transactions, []);
  await credit(gateway, 'ada', 5, 'birthday "2026"\nwith 🎂');
  await credit(gateway, 'ada', -1, '');
  for (const key of ['laptop', 'laptop', 'phone']) assertAnsweredBy(await gateway.chat('model', {}, by(key)), 'a', 1);
  assert.equal((await shown()).balance, 3.25, 'debits that are not in the ledger yet are off the balance');

  for (const end of ['kill', 'stop', 'kill']) {
    await gateway[end]({ keepFolder: true });
    gateway = await Gateway.start(config, { folder: gateway.folder });
    assert.equal((await shown()).balance, 3.25, end);
  }
  const { owner, transactions } = await shown();
  assert.equal(owner, 'ada');
  const debits = transactions.filter(({ kind }) => kind === 'debit');
  const ofKey = (name, what) => sum(debits.filter(({ key }) => key === name).map((debit) => debit[what]));
  assert.deepEqual(['amount', 'requests'].map((what) => ofKey('laptop', what)), [-0.5, 2]);
  assert.equal(ofKey('phone', 'amount'), -0.25);
  assert.equal(transactions[0].balance, 3.25);
  const credits = transactions.filter(({ kind }) => kind === 'credit');
  assert.deepEqual(credits.map(({ amount, balance, note, by: who }) => [amount, balance, note, who]),
    [[-1, 4, '', 'admin_key'], [5, 5, 'birthday "2026"\nwith 🎂', 'admin_key']]);
  assert.deepEqual((await shown('?limit=1')).transactions, transactions.slice(0, 1));
  for (const bad of ['?limit=0', '?limit=x', '?limit=100000', '?count=5']) {
    assertError(await gateway.get(`/admin/owners/ada/transactions${bad}`, kAdmin), 400);
  }
  assertError(await gateway.get('/admin/owners/ada/transactions', by('laptop')), 403);
  assert.equal(await gateway.stop(), 0);
  await upstream.stop();
});

test('a ledger that was edited is warned of, and its amounts are what counts', async () => {
  const config = { _global: { admin_key: kAdminKey }, model: { providers: [{ name: 'm', type: 'mock' }] } };
  let gateway = await Gateway.start(config);
  for (const amount of [1, 2, 3]) await credit(gateway, 'ada', amount);
  await credit(gateway, 'eve', 7);
  const restart = async (edit) => {
    assert.equal(await gateway.stop({ keepFolder: true }), 0);
    const file = ledgerOf(gateway);
    fs.writeFileSync(file, edit(fs.readFileSync(file, 'utf8')));
    gateway = await Gateway.start(config, { folder: gateway.folder });
  };
  const warnings = () => gateway.logLines(' WARNING ').filter((line) => line.includes('ledger'));

  await restart((text) => text);
  assert.deepEqual(warnings(), []);
  await restart((text) => text.replace('"amount_nanos":2000000000', '"amount_nanos":200000000000'));
  await gateway.waitForLog(/WARNING .*line 2 of \S*ledger\.jsonl says that ada has 3 afterwards, but .* 201/);
  assert.deepEqual([await balanceOf(gateway, 'ada'), await balanceOf(gateway, 'eve')], [204, 7]);
  await restart((text) => text.split('\n').filter((line) => !line.includes('200000000000')).join('\n'));
  await gateway.waitForLog(/WARNING .*line 2 of \S*ledger\.jsonl says that ada has 6 afterwards, but .* 4/);
  assert.equal(await balanceOf(gateway, 'ada'), 4);
  await restart((text) => `${text}what is this\n`);
  await gateway.waitForLog(/WARNING .*line 4 of \S*ledger\.jsonl can't be read, and does not count/);
  await restart((text) => text.replace('what is this\n', ''));

  // What a kill may leave of a line is none.
  await restart((text) => `${text}{"time":"2026-11-21T`);
  assert.ok(!warnings().some((line) => line.includes('can\'t be read')), warnings().join('\n'));
  assert.equal(await credit(gateway, 'ada', 1), 5);
  await gateway.kill({ keepFolder: true });
  gateway = await Gateway.start(config, { folder: gateway.folder });
  assert.equal(await balanceOf(gateway, 'ada'), 5, 'the next line is one of its own');
  assert.equal(await gateway.stop(), 0);
});

// ---- at any instant ---------------------------------------------------------------------------------------

const kRounds = Number(process.env.KILL_ROUNDS ?? 12);
const kSeed = Number(process.env.KILL_SEED ?? Date.now() % 1_000_000);
const kLoad = 16;
const kTerms = { ada: { markup: 0.123457 },
  eve: { prices: { '*': { input: 11.1, output: 0.000001, per_request: 0.0001 } } } };
const kKeysOfLoad = { 'ada-1': 'ada', 'ada-2': 'ada', 'eve-1': 'eve', 'eve-2': 'eve' };

// As the gateway reckons: prices in nano-dollars for a million tokens, each sum rounded once, a half upwards.
const millionth = (sum) => (sum + 500_000n) / 1_000_000n;
function chargeOf(owner, n) {
  const { prompt_tokens: prompt, completion_tokens: completion } = usageOf(n);
  const [input, output] = [BigInt(prompt), BigInt(completion)];
  if (owner === 'eve') return Number(millionth(input * 11_100_000_000n + output * 1000n) + 100_000n);
  const cost = millionth(input * 2_000_001_000n + output * 7_300_000_000n);
  return Number(cost + millionth(cost * 123_457n));
}

// Clients who ask until they are cut off, and remember what each of their keys must have been charged.
class Spending {
  #gateway;
  #dice;
  #next;
  constructor(gateway, dice, next) {
    this.#gateway = gateway;
    this.#dice = dice;
    this.#next = next;
    this.ending = false;
    this.whole = [];  // { key, charge }
    this.cut = [];
    this.ended = Promise.all(Array.from({ length: kLoad }, () => this.#run()));
    this.ended.catch(() => {});
  }
  async answers(count) {
    await Promise.race([this.ended, eventually(() => this.whole.length >= count, `${count} answers`)]);
  }
  async #run() {
    while (!this.ending) {
      const n = this.#next();
      const key = this.#dice.pick(Object.keys(kKeysOfLoad));
      const one = { key, charge: chargeOf(kKeysOfLoad[key], n) };
      const stream = this.#dice.between(0, 1) === 1;
      const reply = await send(this.#gateway.port, { method: 'POST', path: '/v1/chat/completions', headers: by(key),
        body: numberedBody('model', n, { stream }) }).catch((error) => {
        if (!this.ending) throw error;
        this.cut.push(one);
      });
      if (reply === undefined) return;
      if (this.ending && reply.status === 503) return;  // it stops
      assert.equal(reply.status, 200, reply.text);
      if (stream) assert.match(reply.text, /data: \[DONE\]\n\n$/);
      else assert.equal(costOf(reply), one.charge);
      this.whole.push(one);
    }
  }
}

const kEnds = {
  async kill(gateway) {
    await gateway.kill({ keepFolder: true });
  },
  async stop(gateway) {
    assert.equal(await gateway.stop({ keepFolder: true }), 0);
  },
  // The ledger is written at the end: the kill meets it.
  async 'stop, and a kill'(gateway, dice) {
    gateway.signal('SIGTERM');
    await delay(dice.throw() * 15);  // synchronises nothing: any instant is as good as another
    await gateway.kill({ keepFolder: true });
  },
};

test('whenever it is killed: what is left is what was credited without every answer that was received', async (t) => {
  const dice = new Dice(kSeed);
  const upstream = await Upstream.start(saysByNumber);
  const config = {
    _global: { admin_key: kAdminKey, log_requests: false }, _owners: kTerms,
    _keys: keysOf(Object.fromEntries(Object.entries(kKeysOfLoad).map(([key, owner]) => [key, { owner }]))),
    model: { providers: [entryOf('a', { serve: [], price: { input: 2.000001, output: 7.3 } }, upstream)] },
  };
  const credits = { ada: 0, eve: 0 };
  const charged = Object.fromEntries(Object.keys(kKeysOfLoad).map((key) => [key, 0]));  // by the last round's end
  const seen = { whole: 0, cut: 0 };
  let n = 0;
  let gateway = await Gateway.start(config);
  const give = async (owner) => {
    const amount = dice.between(1_000_000_000, 9_999_999_999);
    await credit(gateway, owner, (amount / 1e9).toFixed(9));
    credits[owner] += amount;
  };
  for (const owner of ['ada', 'eve']) await give(owner);
  for (let round = 1; round <= kRounds; ++round) {
    const spending = new Spending(gateway, dice, () => ++n);
    for (let part = dice.between(1, 3); part > 0; --part) {
      await spending.answers(spending.whole.length + dice.between(10, 80));
      await give(dice.pick(['ada', 'eve']));
      if (dice.between(0, 2) === 0) gateway.signal('SIGHUP');  // brings writing forward
    }
    const end = dice.pick(Object.keys(kEnds));
    spending.ending = true;
    await kEnds[end](gateway, dice);
    await spending.ended;
    gateway = await Gateway.start(config, { folder: gateway.folder });

    const facts = `KILL_SEED=${kSeed}, round ${round}, ${end}`;
    assert.ok(!gateway.logs().includes('ledger'), `${facts}: ${gateway.logLines('ledger').join('\n')}`);
    const now = {};
    for (const key of Object.keys(kKeysOfLoad)) {
      const chargesOf = (list) => list.filter((one) => one.key === key).map(({ charge }) => charge);
      now[key] = nanosOf((await keyState(gateway, key)).usage.total_cost);
      const surplus = now[key] - charged[key] - sum(chargesOf(spending.whole));
      assert.ok(surplus >= 0 && surplus <= sum(chargesOf(spending.cut)),
        `${facts}: ${key} was charged ${surplus} more than it received; ${chargesOf(spending.cut)} were cut off`);
      // A clean end lets those in flight finish: whoever is cut off then came too late to be heard.
      if (end === 'stop') assert.equal(surplus, 0, facts);
    }
    for (const owner of ['ada', 'eve']) {
      const all = sum(Object.keys(now).filter((key) => kKeysOfLoad[key] === owner).map((key) => now[key]));
      assert.equal(nanosOf(await balanceOf(gateway, owner)), credits[owner] - all, `${facts}: ${owner}`);
    }
    Object.assign(charged, now);
    seen.whole += spending.whole.length;
    seen.cut += spending.cut.length;
  }
  const left = { ada: nanosOf(await balanceOf(gateway, 'ada')), eve: nanosOf(await balanceOf(gateway, 'eve')) };
  assert.equal(await gateway.stop({ keepFolder: true }), 0);

  // Nothing is pending after a clean end: the ledger says it all.
  const lines = ledgerLines(gateway);
  for (const [owner, balance] of Object.entries(left)) {
    const own = lines.filter((line) => line.owner === owner);
    let running = 0;
    for (const line of own) assert.equal(line.balance_nanos, running += line.amount_nanos, JSON.stringify(line));
    assert.equal(running, balance);
    assert.equal(sum(own.filter(({ kind }) => kind === 'credit').map((line) => line.amount_nanos)), credits[owner]);
  }
  for (const [key, all] of Object.entries(charged)) {
    assert.equal(-sum(lines.filter((line) => line.key === key).map((line) => line.amount_nanos)), all, key);
  }
  fs.rmSync(gateway.folder, { recursive: true });
  await upstream.stop();
  t.diagnostic(`${kRounds} rounds, KILL_SEED=${kSeed}: ${seen.whole} whole, ${seen.cut} cut off`);
});

test('no file holds a secret', async () => {
  const upstream = await Upstream.start(says('a'));
  const gateway = await Gateway.start({ _global: { admin_key: kAdminKey }, _keys: keysOf({ k: { owner: 'ada' } }),
    model: { providers: [entryOf('a', { serve: [], ...each(0.25) }, upstream)] } });
  await credit(gateway, 'ada', 1);
  for (let turn = 0; turn < 5; ++turn) await gateway.chat('model', {}, by('k'));
  assert.equal(await gateway.stop({ keepFolder: true }), 0);
  for (const name of fs.readdirSync(gateway.folder, { recursive: true })) {
    if (name === 'provider.json') continue;
    const file = path.join(gateway.folder, name);
    if (!fs.statSync(file).isFile()) continue;
    const text = fs.readFileSync(file, 'latin1');
    for (const secret of [kAdminKey, secretOf('k')]) assert.ok(!text.includes(secret), name);
  }
  fs.rmSync(gateway.folder, { recursive: true });
  await upstream.stop();
});
