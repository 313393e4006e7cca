// SIGKILL at random instants under load: after the restart every exchange whose answer a client received whole is
// counted once, and one that the kill cut off at most once, in requests and in tokens.
//
// Each round is judged on its own: counts before the load, load, kill, restart, counts after. So nothing that one
// round allows can hide what another one lost.
//
//   KILL_ROUNDS=1000 KILL_SEED=42 node --test tests/e2e/quota_kill.test.mjs     (kill_soak.sh does such)
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';

import { kYearly } from './lib/cron.mjs';
import { Gateway, removeFolder, temporaryFolder } from './lib/gateway.mjs';
import { Dice, fateOf, Load, NumberedProvider, saysAtOnce, tokensOf } from './lib/load.mjs';
import { entryOf, kKey } from './lib/scenario.mjs';
import { closes, status } from './lib/upstream.mjs';
import { eventually, signal } from './lib/wait.mjs';

const kRounds = Number(process.env.KILL_ROUNDS ?? 32);
const kSeed = Number(process.env.KILL_SEED ?? Date.now() % 1_000_000);
const kClients = 24;

// ---- houses: what is configured -----------------------------------------------------------------------

// Fails one request in four, each in its own way.
function failsNowAndThen(n) {
  const fate = fateOf(n);
  return fate < 15 ? status(503) : fate < 25 ? closes : null;
}

// `{ config, entries: { model: { provider: NumberedProvider } }, providers, account, limit }`. `account` lists the
// entries `[model, provider]` that share one, `limit` says `{ model, provider, requests }`; only where there are such.

async function mixedHouse(rounds, global = {}) {
  const [flaky, account, limited, good] = await Promise.all([failsNowAndThen, undefined, undefined, undefined]
    .map((failureOf) => NumberedProvider.start(failureOf)));
  const limit = 10 * rounds;
  const reach = (name, provider, members = {}) => entryOf(name, { serve: [], ...members }, provider.upstream);
  const shared = { providers: [{ name: 'p', use: 'shared', model: 'm', retry: 0, weight: 5 },
    reach('q', good, { weight: 3 })] };
  return {
    config: {
      _global: { log_requests: false, ...global },
      _providers: { shared: { endpoint: account.upstream.url, api_key: kKey,
        rate_limit: { requests_per_period: 1e9, tokens_per_period: 1e12, period_cron: kYearly } } },
      flaky: { providers: [reach('a', flaky, { priority: 1 }), reach('b', good, { priority: 2 })] },
      left: shared,
      right: shared,
      limited: { providers: [
        reach('l', limited, { priority: 1, rate_limit: { requests_per_period: limit, period_cron: kYearly } }),
        reach('s', good, { priority: 2 })] },
    },
    entries: { flaky: { a: flaky, b: good }, left: { p: account, q: good }, right: { p: account, q: good },
      limited: { l: limited, s: good } },
    account: [['left', 'p'], ['right', 'p']],
    limit: { model: 'limited', provider: 'l', requests: limit },
    providers: [flaky, account, limited, good],
  };
}

// So many counters that saving them takes a while.
async function wideHouse() {
  const good = await NumberedProvider.start();
  const models = Array.from({ length: 300 }, (_, at) => `model-${at}`);
  const route = { providers: [entryOf('p', { serve: [], rate_limit: { requests_per_period: 1e9,
    period_cron: kYearly } }, good.upstream)] };
  return {
    config: { _global: { log_requests: false }, ...Object.fromEntries(models.map((model) => [model, route])) },
    entries: Object.fromEntries(models.map((model) => [model, { p: good }])),
    providers: [good],
  };
}

// Names that take so much room in the journal that it is cut after a few hundred exchanges.
async function longHouse() {
  const good = await NumberedProvider.start();
  const long = (name) => name + '%'.repeat(190);
  const [model, account] = [long('model'), long('account')];
  return {
    config: {
      _global: { log_requests: false },
      _providers: { [account]: { endpoint: good.upstream.url, api_key: kKey,
        rate_limit: { requests_per_period: 1e9, period_cron: kYearly } } },
      [model]: { providers: [{ name: long('p'), use: account, model: 'm', retry: 0 }] },
    },
    entries: { [model]: { [long('p')]: good } },
    account: [[model, long('p')]],
    providers: [good],
  };
}

// ---- instants: when the kill comes ---------------------------------------------------------------------

// A pause that synchronises nothing: any instant is as good as another.
function aMoment(dice, msMax) {
  return delay(dice.throw() ** 2 * msMax);
}

// The same, but neither clients nor providers go on meanwhile.
function block(dice, msMax) {
  for (const end = performance.now() + dice.throw() * msMax; performance.now() < end;);
}

// Resolves when names in `folder` that match have come, changed or gone so many times, or after a while without.
async function changes(folder, pattern, { times = 1, msMax }) {
  if (!fs.existsSync(folder)) return aMoment(new Dice(times), msMax);
  const seen = signal();
  const watcher = fs.watch(folder, (_, name) => { if (pattern.test(name ?? '') && --times === 0) seen.resolve(); });
  const enough = new AbortController();
  await Promise.race([seen.promise, delay(msMax, null, enough).catch(() => {})]);
  enough.abort();
  watcher.close();
}

async function anyInstant(round) {
  const { load, dice } = round;
  await load.answers(dice.between(0, 250));
  if (dice.between(0, 2) === 0) return aMoment(dice, 5);
  return whileAnswersPass(round);
}

// Every client waits for an answer. Then they come one right after the other, and the kill comes between.
async function whileAnswersPass({ load, dice, house }) {
  for (const provider of house.providers) provider.hold();
  const held = () => sum(house.providers.map((provider) => provider.held.length));
  await eventually(() => load.failed || held() === kClients, 'a request of each client at a provider');
  const waiting = house.providers.flatMap((provider) => provider.held);
  for (const exchange of waiting.slice(0, dice.between(1, waiting.length))) saysAtOnce(exchange);
  block(dice, 0.2);
}

// SIGHUP brings the next look after the files forward.
async function whileFilesAreSaved({ load, dice, gateway, usageFolder }) {
  await load.answers(dice.between(100, 300));
  const model = path.join(usageFolder, load.whole.at(-1).model);
  const saving = changes(model, dice.pick([/\.tmp$/, /\.json$/]), { msMax: 2000 });
  gateway.signal('SIGHUP');
  await saving;
  await aMoment(dice, 10);
}

async function whileJournalIsCut({ load, dice, gateway, usageFolder }) {
  await load.answers(dice.between(600, 900));
  const cutting = changes(usageFolder, /^journal\.old$/, { times: dice.between(1, 2), msMax: 2000 });
  gateway.signal('SIGHUP');
  await cutting;
  await aMoment(dice, 2);
}

// Counters are set to zero meanwhile; what they had counted until then is not forgotten.
async function afterResets({ load, dice, house, reset }) {
  const entries = [...house.account, ['flaky', 'a'], ['flaky', 'b'], ['_providers', 'shared']];
  for (let times = dice.between(1, 4), answers = 0; times > 0; --times) {
    answers += dice.between(20, 80);
    await load.answers(answers);
    await reset(...dice.pick(entries));
  }
  await aMoment(dice, 30);
}

// ---- rounds -------------------------------------------------------------------------------------------

class Rounds {
  #house;
  #dice;
  #dataFolder = temporaryFolder();
  #last = 0;  // number of a request
  #wholeOfLimited = 0;
  #resets;  // by entry: what resets took away in this round

  constructor(house, dice) {
    this.#house = house;
    this.#dice = dice;
    this.#forgetResets();
    this.seen = { whole: 0, cut: 0, cutAndCounted: 0 };
  }

  get usageFolder() {
    return path.join(this.#dataFolder, 'usage');
  }

  // The logs of each start go elsewhere; what counts stays.
  start(onSpawn = () => {}) {
    return Gateway.start(this.#house.config, { usual: false, env: { LOG_LEVEL: 'INFO' }, args: (gateway) => {
      onSpawn(gateway);
      return ['--config', gateway.configFile, '--data', this.#dataFolder, '--logs', gateway.logFolder, '--port', '0'];
    } });
  }

  // A start that does not get to its end, or just so.
  async startAndKill() {
    let child;
    const started = this.start((gateway) => { child = gateway; }).then((gateway) => gateway.kill(), () => {});
    await changes(this.usageFolder, /./, { times: this.#dice.between(1, 8), msMax: 300 });
    await aMoment(this.#dice, 10);
    child.signal('SIGKILL');
    await started;
  }

  async run(count, { instant, startsToKill }) {
    let gateway = await this.start();
    let before = await this.#counts(gateway);
    for (let round = 1; round <= count; ++round) {
      const received = await this.#loadAndKill(gateway, instant);
      for (let start = 0; start < startsToKill; ++start) await this.startAndKill();
      gateway = await this.start();
      const after = await this.#counts(gateway);
      try {
        this.#compare(before, after, received);
      } catch (error) {
        error.message = `KILL_SEED=${kSeed}, round ${round}: ${error.message}`;
        throw error;
      }
      before = after;
      this.#forgetResets();
      for (const provider of this.#house.providers) provider.forget();
    }
    assert.equal(await gateway.stop(), 0);
    await Promise.all(this.#house.providers.map(({ upstream }) => upstream.stop()));
    removeFolder(this.#dataFolder);
  }

  async #loadAndKill(gateway, instant) {
    const load = new Load(gateway.port, { clients: kClients, models: Object.keys(this.#house.entries),
      dice: this.#dice, nextNumber: () => ++this.#last });
    await instant({ load, dice: this.#dice, house: this.#house, gateway, usageFolder: this.usageFolder,
      reset: (model, provider) => this.#reset(gateway, model, provider) });
    load.killed = true;
    gateway.signal('SIGKILL');
    await load.ended();
    await gateway.kill();
    return load;
  }

  async #reset(gateway, model, provider) {
    const reply = await gateway.request('DELETE', `/admin/usage/${model}/${provider}`);
    assert.equal(reply.status, 200, reply.text);
    const taken = this.#resets[model]?.[provider] ?? { requests: 0, tokens: 0 };
    this.#resets[model] = { ...this.#resets[model], [provider]: { requests: taken.requests + reply.json.before.requests,
      tokens: taken.tokens + reply.json.before.tokens } };
  }
  #forgetResets() {
    this.#resets = {};
  }

  // The account's figures stand beside those of the models, as in /admin/usage.
  async #counts(gateway) {
    const stats = await gateway.stats();
    const { account } = this.#house;
    if (account) {
      const [[model, provider]] = account;
      stats._providers = { shared: stats[model][provider].account };
    }
    return stats;
  }

  #compare(before, after, { whole, cut }) {
    const grown = (model, provider, what) => after[model][provider][what] - before[model][provider][what] +
      (this.#resets[model]?.[provider]?.[what] ?? 0);
    let surplusOfAll = 0;
    for (const [model, entries] of Object.entries(this.#house.entries)) {
      for (const [provider, { good }] of Object.entries(entries)) {
        const received = whole.filter((one) => one.model === model && one.provider === provider);
        const inFlight = cut.filter((one) => one.model === model && good.has(one.n)).map(({ n }) => tokensOf(n));
        const counted = { requests: grown(model, provider, 'requests'), tokens: grown(model, provider, 'tokens') };
        surplusOfAll += checkSums(`${model}/${provider}`.replace(/%{3,}/g, '…'), counted,
          received.map(({ n }) => tokensOf(n)), inFlight);
      }
    }
    assert.ok(surplusOfAll <= cut.length, `${surplusOfAll} counted of ${cut.length} that were cut off`);
    this.#checkAccount(grown);
    this.#checkLimit(after, whole);
    this.seen.whole += whole.length;
    this.seen.cut += cut.length;
    this.seen.cutAndCounted += surplusOfAll;
  }

  // What counts in an entry counts in its account as well.
  #checkAccount(grown) {
    const { account } = this.#house;
    for (const what of account ? ['requests', 'tokens'] : []) {
      const entries = account.map(([model, provider]) => grown(model, provider, what));
      assert.equal(grown('_providers', 'shared', what), sum(entries), `${what} of the account and of its entries`);
    }
  }

  // No kill makes room for more than the limit.
  #checkLimit(after, whole) {
    const { limit } = this.#house;
    if (!limit) return;
    const { model, provider, requests } = limit;
    this.#wholeOfLimited += whole.filter((one) => one.model === model && one.provider === provider).length;
    assert.ok(this.#wholeOfLimited <= requests, `${this.#wholeOfLimited} answers for a limit of ${requests}`);
    assert.ok(after[model][provider].requests <= requests, `${after[model][provider].requests} of ${requests} counted`);
  }
}

// Gives how many of the exchanges in flight were counted. Lists are of tokens, one number for each exchange.
function checkSums(entry, counted, received, inFlight) {
  const surplus = counted.requests - received.length;
  const facts = `${entry}: ${counted.requests} counted, ${received.length} received whole, ${inFlight.length} cut off`;
  assert.ok(surplus >= 0 && surplus <= inFlight.length, facts);
  const bySize = [...inFlight].sort((a, b) => a - b);
  const tokens = counted.tokens - sum(received);
  const [least, most] = [sum(bySize.slice(0, surplus)), sum(bySize.slice(bySize.length - surplus))];
  assert.ok(tokens >= least && tokens <= most, `${facts}; ${tokens} tokens more than received, not ${least}..${most}`);
  return surplus;
}

function sum(numbers) {
  return numbers.reduce((total, number) => total + number, 0);
}

// ---- the tests ----------------------------------------------------------------------------------------

const kMixes = [
  { name: 'at any instant', share: 0.3, house: mixedHouse, instant: anyInstant },
  { name: 'while counters are saved', share: 0.18, house: wideHouse, instant: whileFilesAreSaved },
  { name: 'while the journal is cut', share: 0.14, house: longHouse, instant: whileJournalIsCut },
  { name: 'while it starts again', share: 0.18, house: wideHouse, instant: anyInstant, startsToKill: 2 },
  { name: 'after resets by hand', share: 0.12, house: mixedHouse, instant: afterResets },
  { name: 'with strict durability', share: 0.08, house: (rounds) => mixedHouse(rounds, { durability: 'strict' }),
    instant: anyInstant },
];

describe('a kill loses nothing and counts nothing twice', { concurrency: kMixes.length }, () => {
  for (const [at, { name, share, house, instant, startsToKill = 0 }] of kMixes.entries()) {
    it(name, async (t) => {
      const count = Math.max(1, Math.round(kRounds * share));
      const rounds = new Rounds(await house(count), new Dice(kSeed * kMixes.length + at));
      await rounds.run(count, { instant, startsToKill });
      const { whole, cut, cutAndCounted } = rounds.seen;
      t.diagnostic(`${count} rounds, KILL_SEED=${kSeed}: ${whole} whole, ${cut} cut off (${cutAndCounted} counted)`);
    });
  }
});
