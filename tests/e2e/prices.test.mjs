// What exchanges cost: exactly, whatever dialects meet, wherever it is shown, and from which price; and how prices
// choose a provider.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, it, test } from 'node:test';

import { kVendors } from '../clients/lib/vendors.mjs';
import { kAnswer, kClients } from './lib/dialects.mjs';
import { assertAnsweredBy, assertError } from './lib/expect.mjs';
import { Gateway, runBinary, temporaryFolder } from './lib/gateway.mjs';
import { by, costOf, kAdmin, kAdminKey, keysOf, nanosOf } from './lib/money.mjs';
import { entryOf, kKey, scenarios } from './lib/scenario.mjs';
import { chunk, completion, cut, hold, json, says, sse, status, Upstream } from './lib/upstream.mjs';
import { eventually } from './lib/wait.mjs';

const kPrice = { input: 3, output: 15, cached_input: 0.3, cache_write: 3.75, per_request: 0.001 };
const usage = (prompt, output) => ({ prompt_tokens: prompt, completion_tokens: output, total_tokens: prompt + output });

// ---- exactly --------------------------------------------------------------------------------------------

// 500 tokens at 3 dollars a million, 400 from the cache at 0.3, 100 written to it at 3.75, 500 at 15; and a tenth of a
// cent for the request.
const kUse = { prompt: 1000, cached: 400, written: 100, output: 500, reasoning: 200 };
const kCost = 10_495_000;
const kCostUnwritten = 10_420_000;  // of those who don't tell what they write

scenarios('what an answer costs', { concurrency: 8 }, (scenario) => {
  for (const vendor of ['openai', 'responses', 'anthropic', 'gemini']) {
    const cost = vendor === 'gemini' ? kCostUnwritten : kCost;
    for (const [client, { path: target, body }] of Object.entries(kClients)) {
      scenario(`by the figures of ${vendor}, for a client of ${client}, whole and as a stream`, {
        providers: { a: { ...kVendors[vendor].entry, serve: kVendors[vendor].says({ ...kAnswer, usage: kUse }),
          price: kPrice } },
      }, async ({ post, openStream, stats }) => {
        const reply = await post(target, body);
        assert.equal(costOf(reply), cost);
        const answer = await openStream(target, body);
        assert.equal(answer.headers['x-gateway-cost'], undefined, 'its head is sent before that is known');
        await answer.rest();
        const { a } = await eventually(async () => {
          const now = await stats();
          return now.a.requests === 2 && now;
        }, 'the stream to be counted');
        assert.deepEqual([nanosOf(a.cost), nanosOf(a.total_cost), a.cached_tokens, a.unpriced_requests],
          [2 * cost, 2 * cost, 800, 0]);
      });
    }
  }

  const simple = { input: 2, output: 8 };
  scenario('estimated, when the provider does not say what it used', {
    providers: { a: { serve: [json({ ...completion('a b c d'), usage: undefined }),
      sse(chunk({ content: 'a b c d' }), chunk({}, { finish_reason: 'stop' }), 'data: [DONE]\n\n')], price: simple } },
  }, async ({ chat, stream, stats }) => {
    const first = costOf(await chat());
    const { a } = await stats();
    assert.ok(a.estimated_tokens > 0);
    assert.equal(first, a.prompt_tokens * 2000 + a.completion_tokens * 8000);
    await (await stream()).rest();
    const { a: both } = await stats();
    assert.equal(nanosOf(both.cost), both.prompt_tokens * 2000 + both.completion_tokens * 8000);
    assert.ok(nanosOf(both.cost) > first);
  });

  scenario('for what came of a stream that broke off, and of one whose client left', {
    providers: { a: { serve: [sse(chunk({ content: 'a' }), cut), sse(chunk({ content: 'a' }), hold)], price: simple } },
  }, async ({ stream, stats, a: upstream }) => {
    const costs = [0];
    for (const leaves of [false, true]) {
      const answer = await stream();
      await answer.nextEvent();
      if (leaves) answer.abort();
      else await answer.rest();
      const { a } = await eventually(async () => {
        const now = await stats();
        return now.a.requests === costs.length && now;
      }, 'it to be counted');
      costs.push(nanosOf(a.cost));
      assert.ok(costs.at(-1) > costs.at(-2), `${costs}`);
      assert.equal(costs.at(-1), a.prompt_tokens * 2000 + a.completion_tokens * 8000);
    }
    assert.equal(upstream.requests.length, 2);
  });

  scenario('nothing, for tries that failed', {
    providers: { a: { serve: status(503), price: kPrice, retry: 1 }, b: { serve: says('b'), price: simple } },
  }, async ({ chat, stats }) => {
    const reply = await chat();
    assertAnsweredBy(reply, 'b', 3);
    assert.equal(costOf(reply), 7 * 2000 + 5 * 8000);
    const { a, b } = await stats();
    assert.deepEqual([a.cost, nanosOf(b.cost)], [0, 54_000]);
  });

  scenario('nothing, and has no such header, for errors', { providers: { a: { serve: status(400), price: kPrice } } },
    async ({ chat, stats }) => {
    const reply = await chat();
    assertError(reply, 400);
    assert.equal(reply.headers['x-gateway-cost'], undefined);
    assert.equal((await stats()).a.cost, 0);
  });

  // The amount as text, for usage and price.
  for (const [what, used, price, amount] of [
    ['half a nano-dollar upwards', usage(7, 0), { input: 0.0005 }, '0.000000004'],
    ['less than half a nano-dollar downwards', usage(7, 0), { input: 0.0000714 }, '0'],
    ['all parts together, not each', usage(1, 1), { input: 0.0004, output: 0.0004 }, '0.000000001'],
    ['to the last nano-dollar, however much it is', usage(999_999_999, 1), { input: 9999.999999999, output: 0.001 },
      '9999999.989999001'],
    ['by request alone', usage(7, 5), { per_request: 0.25 }, '0.25'],
    ['as it costs nothing', usage(7, 5), { input: 0 }, '0'],
  ]) {
    scenario(`rounds ${what}`, { providers: { a: { serve: says('hi', { usage: used }), price } } },
      async ({ chat }) => {
      assert.equal((await chat()).headers['x-gateway-cost'], amount);
    });
  }

  scenario('for embeddings, too', {
    providers: { a: { serve: json({ object: 'list', data: [{ object: 'embedding', index: 0, embedding: [1] }],
      model: 'm', usage: { prompt_tokens: 50, total_tokens: 50 } }), price: { input: 0.02 } } },
  }, async ({ post }) => {
    assert.equal((await post('/v1/embeddings', { input: 'one' })).headers['x-gateway-cost'], '0.000001');
  });
});

// ---- where it is shown --------------------------------------------------------------------------------

// The lines of so many exchanges; they are written in their own time.
function exchangeLines(gateway, count) {
  return eventually(() => {
    const lines = gateway.logLines(' Exchange ');
    return lines.length >= count && lines;
  }, `${count} lines of exchanges`);
}

describe('costs are shown', () => {
  let gateway;
  let upstream;
  before(async () => {
    upstream = await Upstream.start(says('hi'));
    const provider = (name, members) => ({ providers: [entryOf(name, { serve: [], ...members }, upstream)] });
    gateway = await Gateway.start({
      _global: { admin_key: kAdminKey }, _keys: keysOf({ laptop: { owner: 'ada' }, phone: { owner: 'ada' } }),
      one: provider('p', { price: { input: 2, output: 8 }, rate_limit: { cost_per_period: 1, period: 'never' } }),
      two: provider('q', { price: { per_request: 0.5 } }),
    });
    for (const [model, key] of [['one', 'laptop'], ['one', 'phone'], ['two', 'laptop']]) {
      assert.equal((await gateway.chat(model, {}, by(key))).status, 200);
    }
  });
  after(async () => {
    assert.equal(await gateway.stop(), 0);
    await upstream.stop();
  });

  it('in /admin/stats', async () => {
    const { one: { p }, two: { q } } = await gateway.stats(kAdmin);
    assert.deepEqual([p.cost, p.total_cost, p.limit_cost, p.remaining.cost], [0.000108, 0.000108, 1, 0.999892]);
    assert.deepEqual([q.cost, q.total_cost, q.limit_cost, q.remaining], [0.5, 0.5, null, null]);
    const [window] = p.windows;
    assert.deepEqual([window.period, window.cost, window.limit_cost, window.next_reset], ['never', 0.000108, 1, null]);
  });

  it('at keys and owners', async () => {
    const { keys } = (await gateway.get('/admin/keys', kAdmin)).json;
    assert.deepEqual(keys.map(({ name, usage: { cost } }) => [name, cost]),
      [['laptop', 0.500054], ['phone', 0.000054]]);
    assert.equal((await gateway.get('/admin/owners/ada', kAdmin)).json.usage.cost, 0.500108);
  });

  it('in reports, as JSON and as CSV', async () => {
    const report = async (query) => (await gateway.get(`/admin/usage?${query}`, kAdmin));
    const { rows, total } = (await report('group_by=key,model')).json;
    assert.deepEqual(rows.map(({ key, model, cost, unpriced_requests: unpriced }) => [key, model, cost, unpriced]),
      [['laptop', 'one', 0.000054, 0], ['laptop', 'two', 0.5, 0], ['phone', 'one', 0.000054, 0]]);
    assert.equal(total.cost, 0.500108);
    const lines = (await report('group_by=key&format=csv')).text.trimEnd().split('\r\n').map((line) => line.split(','));
    const column = lines[0].indexOf('cost');
    assert.deepEqual(lines.map((line) => [line[0], line[column]]),
      [['key', 'cost'], ['laptop', '0.500054'], ['phone', '0.000054']]);
  });

  it('in the log', async () => {
    const lines = await exchangeLines(gateway, 3);
    assert.deepEqual(lines.map((line) => / key=(\S+) owner=(\S+) .* cost=(\S+) /.exec(line).slice(1)),
      [['laptop', 'ada', '0.000054'], ['phone', 'ada', '0.000054'], ['laptop', 'ada', '0.5']]);
  });

  it('to who asks with the own key', async () => {
    const { key, owner, usage: own, owner_usage: all } = (await gateway.get('/v1/usage', by('phone'))).json;
    assert.deepEqual([key, owner, own.requests, own.cost, all.requests, all.cost],
      ['phone', 'ada', 1, 0.000054, 3, 0.500108]);
  });
});

test('costs survive SIGKILL and a restart', async () => {
  const upstream = await Upstream.start(says('hi'));
  const config = { model: { providers: [entryOf('a', { serve: [], price: { input: 2, output: 8 } }, upstream)] } };
  let gateway = await Gateway.start(config);
  for (let round = 1; round <= 2; ++round) {
    for (let n = 0; n < 5; ++n) assert.equal(costOf(await gateway.chat('model')), 54_000);
    await gateway.kill({ keepFolder: true });
    gateway = await Gateway.start(config, { folder: gateway.folder });
    assert.equal(nanosOf((await gateway.stats()).model.a.cost), round * 270_000);
    assert.equal(nanosOf((await gateway.get('/admin/usage')).json.total.cost), round * 270_000);
  }
  assert.equal(await gateway.stop(), 0);
  await upstream.stop();
});

// ---- from which price -----------------------------------------------------------------------------------

// What each price costs for one answer says where it came from.
const each = (dollars) => ({ per_request: dollars });
const kTable = (prices) => JSON.stringify({ about: 'for tests', date: '2026-11-20', prices });

// This machine for the system, but no address at home for the gateway.
const elsewhere = ({ url }) => url.replace('127.0.0.1', '0.0.0.0');

// A folder with a prices.json beside the configuration.
function folderWith(table) {
  const folder = temporaryFolder();
  fs.writeFileSync(path.join(folder, 'prices.json'), table);
  return folder;
}

describe('a price is looked for', () => {
  let gateway;
  let upstream;
  const providers = {
    'at the provider': [{ model: 'listed', price: each(1) }, 'provider', '1'],
    'at its account': [{ use: 'account', model: 'listed' }, 'provider', '2'],
    'at the provider before its account': [{ use: 'account', model: 'listed', price: each(1) }, 'provider', '1'],
    'elsewhere where the provider takes back its account\'s': [{ use: 'account', model: 'listed', price: null },
      'table', '7'],
    'in _global.prices, by name': [{ model: 'named' }, 'global', '3'],
    'in _global.prices, by pattern': [{ model: 'named-too' }, 'global', '4'],
    'in _global.prices, by the longest pattern': [{ model: 'named-long-1' }, 'global', '5'],
    'in _global.prices, by what follows a slash': [{ model: 'vendor/named' }, 'global', '3'],
    'in _global.prices before prices.json': [{ model: 'both' }, 'global', '6'],
    'in prices.json': [{ model: 'listed' }, 'table', '7'],
    'in prices.json before it is home': [{ model: 'vendor/listed-2026', home: true }, 'table', '8'],
    'and is 0 at home': [{ model: 'unheard-of', home: true }, 'home', '0'],
    'and is 0 for a mock': [{ type: 'mock', model: 'listed', mock: { latency: 0 } }, 'home', '0'],
    'and is not known': [{ model: 'unheard-of' }, 'unknown', undefined],
  };
  before(async () => {
    upstream = await Upstream.start(says('hi'));
    const reach = { endpoint: elsewhere(upstream), api_key: kKey };
    const config = {
      _global: { prices: { 'named': each(3), 'named-*': each(4), 'named-long-*': each(5), 'both': each(6) } },
      _providers: { account: { ...reach, price: each(2) } },
    };
    for (const [where, [{ home, ...members }]] of Object.entries(providers)) {
      const own = members.use || members.type === 'mock' ? {} : reach;
      const endpoint = home && { endpoint: upstream.url };
      config[where] = { providers: [{ name: 'a', retry: 0, ...own, ...endpoint, ...members }] };
    }
    const folder = folderWith(kTable({ 'listed': each(7), 'listed-20*': each(8), 'both': each(9) }));
    gateway = await Gateway.start(config, { folder });
  });
  after(async () => {
    assert.equal(await gateway.stop(), 0);
    await upstream.stop();
  });

  for (const [where, [, source, amount]] of Object.entries(providers)) {
    it(where, async () => {
      const [{ price }] = await gateway.providers(where);
      assert.equal(price.source, source);
      assert.equal(price.per_request, amount && Number(amount));
      const reply = await gateway.chat(where);
      assert.equal(reply.status, 200, reply.text);
      assert.equal(reply.headers['x-gateway-cost'], amount);
    });
  }

  it('and what is not known is shown as such, never as 0', async () => {
    const where = 'and is not known';
    const before = (await gateway.stats())[where].a.unpriced_requests;
    await gateway.chat(where, {}, { 'x-request-id': 'without-price' });
    const { a } = (await gateway.stats())[where];
    assert.deepEqual([a.unpriced_requests, a.cost], [before + 1, 0]);
    await gateway.waitForLog(/Exchange id=without-price .* cost=unknown /);
    const { rows } = (await gateway.get('/admin/usage?group_by=model')).json;
    assert.equal(rows.find(({ model }) => model === where).unpriced_requests, before + 1);
  });

  it('for each model of a provider that serves all', async () => {
    const config = JSON.parse(fs.readFileSync(gateway.configFile, 'utf8'));
    config['*'] = { providers: [{ name: 'a', model: '*', endpoint: elsewhere(upstream), api_key: kKey, retry: 0 }] };
    assert.equal((await gateway.reload(config)).status, 200);
    const costs = await Promise.all(['listed', 'named-x', 'other'].map((model) => gateway.chat(model)));
    assert.deepEqual(costs.map(({ headers }) => headers['x-gateway-cost']), ['7', '4', undefined]);
  });
});

test('prices.json is read again by a reload, and one with problems changes nothing', async () => {
  const upstream = await Upstream.start(says('hi'));
  const config = { model: { providers: [entryOf('a', { serve: [], model: 'listed' }, upstream)] } };
  const folder = folderWith(kTable({ listed: each(1) }));
  const file = path.join(folder, 'prices.json');
  const gateway = await Gateway.start(config, { folder });
  const cost = async () => (await gateway.chat('model')).headers['x-gateway-cost'];
  assert.equal(await cost(), '1');

  fs.writeFileSync(file, kTable({ listed: each(2) }));
  assert.equal(await cost(), '1');
  const { changed } = (await gateway.reload()).json;
  assert.ok(changed.includes('prices.json'), JSON.stringify(changed));
  assert.equal(await cost(), '2');

  for (const [bad, problem] of [['{', /^prices\.json/], ['[]', /^prices\.json/],
    [kTable({ listed: { input: -1 } }), /^prices\.json\S*listed\S*input/],
    [kTable({ listed: { inputs: 1 } }), /^prices\.json\S*listed/]]) {
    fs.writeFileSync(file, bad);
    const refused = await gateway.reload();
    assert.equal(refused.status, 400, bad);
    assert.match(refused.json.error.problems[0].path, problem);
    const check = await runBinary(['check', gateway.configFile]);
    assert.notEqual(check.code, 0);
    assert.match(check.output, /prices\.json/);
  }
  assert.equal(await cost(), '2');

  fs.rmSync(file);
  assert.equal((await gateway.reload()).status, 200);
  assert.equal(await cost(), '0', 'at home without a table');
  assert.equal(await gateway.stop(), 0);
  await upstream.stop();
});

test('what has no price is not to be had for a budget in money', async () => {
  const upstream = await Upstream.start(says('hi'));
  const budget = { cost_per_period: 1, period: 'never' };
  const unknown = entryOf('a', { serve: [], endpoint: elsewhere(upstream), priority: 1 }, upstream);
  const gateway = await Gateway.start({
    _global: { admin_key: kAdminKey },
    _keys: keysOf({ counted: { budget: { requests_per_period: 10, period: 'never' } }, payer: { budget },
      prepaid: { owner: 'ada' }, 'owner-pays': { owner: 'eve' } }),
    _owners: { ada: { prepaid: true }, eve: { budget } },
    alone: { providers: [unknown] },
    'with-another': { providers: [unknown, entryOf('b', { serve: [], price: each(0.01), priority: 2 }, upstream)] },
  });
  const credit = await gateway.post('/admin/owners/ada/credit', { amount: 1 }, kAdmin);
  assert.equal(credit.status, 200, credit.text);

  assertAnsweredBy(await gateway.chat('alone', {}, by('counted')), 'a', 1);
  const asked = upstream.requests.length;
  for (const key of ['payer', 'prepaid', 'owner-pays']) {
    const refused = await gateway.chat('alone', {}, by(key));
    assert.match(assertError(refused, 400).message, /a: it has no price.*"price"/, key);
    assert.equal(upstream.requests.length, asked);
  }
  for (const key of ['payer', 'prepaid', 'owner-pays']) {
    assertAnsweredBy(await gateway.chat('with-another', {}, by(key)), 'b', 1);
  }
  assert.equal(await gateway.stop(), 0);
  await upstream.stop();
});

test('a budget at a provider without a price is warned of', async () => {
  const provider = { name: 'a', endpoint: 'https://api.example.com/v1', api_key: kKey, model: 'unheard-of',
    rate_limit: { cost_per_period: 1, period: 'never' } };
  const gateway = await Gateway.start({ model: { providers: [provider] } });
  await gateway.waitForLog(/Config warning .*cost_per_period/);
  assert.equal(await gateway.stop(), 0);
});

// ---- who is chosen --------------------------------------------------------------------------------------

// Equal in priority; the first of these would be chosen by turns, too.
const rivals = (...prices) => Object.fromEntries(prices.map((price, at) => {
  const name = 'abc'[at];
  return [name, { serve: says(name), priority: 1, weight: 100 - at, ...price }];
}));
const kCheapInput = { price: { input: 1, output: 20 } };
const kCheapOutput = { price: { input: 10, output: 2 } };

scenarios('the cheapest', {}, (scenario) => {
  const strategy = 'cost';
  scenario('is chosen by the expected size of prompt and answer', {
    strategy, providers: rivals(kCheapOutput, kCheapInput),
  }, async ({ chat, gateway, model }) => {
    const long = { messages: [{ role: 'user', content: 'word '.repeat(2000) }] };
    for (let turn = 0; turn < 3; ++turn) {
      assertAnsweredBy(await chat({ ...long, max_tokens: 10 }), 'b', 1);
      assertAnsweredBy(await chat({ max_tokens: 1000 }), 'a', 1);
    }
    await gateway.waitForLog(new RegExp(`Selected provider .*model=${model} .*strategy=cost`));
  });

  scenario('is chosen within its tier alone', {
    strategy, providers: { a: { serve: says('a'), price: each(0.5) }, b: { serve: says('b'), price: each(0.1) } },
  }, async ({ chat }) => assertAnsweredBy(await chat(), 'a', 1));

  scenario('comes before those whose price is not known', {
    strategy, providers: { a: { serve: says('a'), priority: 1, weight: 100, endpoint: 'http://192.0.2.1/v1' },
      b: { serve: says('b'), priority: 1, weight: 1, price: each(9) } },
  }, async ({ chat }) => {
    for (let turn = 0; turn < 3; ++turn) assertAnsweredBy(await chat(), 'b', 1);
  });

  scenario('gives way when it is at its limit, or fails', {
    strategy, providers: rivals({ price: each(3) }, { price: each(1), limits: { requests_per_minute: 1 } },
      { price: each(2), serve: status(500) }),
  }, async ({ chat }) => {
    assertAnsweredBy(await chat(), 'b', 1);
    assertAnsweredBy(await chat(), 'a', 2);
  });

  scenario('share among them, if they cost the same', {
    strategy, providers: rivals({ price: each(1) }, { price: each(1) }, { price: each(2) }),
  }, async ({ chat, a, b, c }) => {
    for (let turn = 0; turn < 20; ++turn) await chat();
    assert.ok(a.requests.length > 0 && b.requests.length > 0, `${a.requests.length} and ${b.requests.length}`);
    assert.equal(c.requests.length, 0);
  });
});

const kWords = ['weighted', 'round_robin', 'random', 'least_connections', 'latency', 'expiring', 'cost'];
const wants = (word) => ({ 'x-gateway-strategy': word });

scenarios('a strategy for one request', { global: { admin_key: kAdminKey },
  config: { _keys: keysOf({ free: { choose_strategy: true }, bound: {} }) } }, (scenario) => {
  const spec = { strategy: 'weighted', providers: {
    a: { serve: says('a'), priority: 1, weight: 1_000_000, price: each(2) },
    b: { serve: says('b'), priority: 1, weight: 1, price: each(1) },
  } };

  scenario('is chosen by a key that may', spec, async ({ chat, gateway, model }) => {
    assertAnsweredBy(await chat({}, by('free')), 'a', 1);
    assertAnsweredBy(await chat({}, { ...by('free'), ...wants('cost') }), 'b', 1);
    assertAnsweredBy(await chat({}, by('free')), 'a', 1);
    for (const word of kWords) {
      assert.equal((await chat({}, { ...by('free'), ...wants(word) })).status, 200, word);
      await gateway.waitForLog(new RegExp(`Selected provider .*model=${model} .*strategy=${word}`));
    }
  });

  scenario('is refused to a key that may not, in the client\'s dialect', spec, async ({ chat, post, a, b }) => {
    const headers = { ...by('bound'), ...wants('cost') };
    const error = assertError(await chat({}, headers), 403);
    assert.equal(error.type, 'permission_error');
    assert.match(error.message, /key 'bound' may not choose a strategy.*choose_strategy/);
    const { path: target, body } = kClients.messages;
    const reply = await post(target, body, headers);
    assert.deepEqual([reply.status, reply.json.error.type], [403, 'permission_error']);
    assert.equal(a.requests.length + b.requests.length, 0);
    assertAnsweredBy(await chat({}, by('bound')), 'a', 1);
  });

  scenario('must be one that there is', spec, async ({ chat, a, b }) => {
    for (const key of ['free', 'bound']) {
      const { message } = assertError(await chat({}, { ...by(key), ...wants('cheapest') }), 400);
      for (const word of kWords) assert.ok(message.includes(word), message);
    }
    assert.equal(a.requests.length + b.requests.length, 0);
  });
});
