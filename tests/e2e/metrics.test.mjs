// GET /metrics: a scripted run number by number, in both formats; who may read it, and how much of it there may be.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import http from 'node:http';
import { after, before, describe, it, test } from 'node:test';

import { assertError } from './lib/expect.mjs';
import { parseExposition } from './lib/exposition.mjs';
import { Gateway } from './lib/gateway.mjs';
import { bearer } from './lib/keys.mjs';
import { codeIn, tablesOf } from './lib/markdown.mjs';
import { by, kAdmin, kAdminKey, keysOf } from './lib/money.mjs';
import { entryOf, kRefusedEndpoint } from './lib/scenario.mjs';
import {
  chunk, closes, completion, cut, hang, hold, json, says, sse, status, Upstream, usageChunk,
} from './lib/upstream.mjs';
import { eventually } from './lib/wait.mjs';

const kText = 'text/plain; version=0.0.4';
const kOpenMetrics = 'application/openmetrics-text; version=1.0.0';

async function scrape(gateway, { open = false, headers = kAdmin } = {}) {
  const reply = await gateway.get('/metrics', open ? { accept: kOpenMetrics, ...headers } : headers);
  assert.equal(reply.status, 200, reply.text);
  assert.equal(reply.headers['content-type'], `${open ? kOpenMetrics : kText}; charset=utf-8`);
  return parseExposition(reply.text, { open });
}

// As soon as `number` exchanges are counted: that happens after the client has its answer.
function scraped(gateway, number, options) {
  return eventually(async () => {
    const metrics = await scrape(gateway, options);
    return metrics.value('ai_gateway_requests_total') === number && metrics;
  }, `${number} exchanges to be counted`);
}

const kCachedUsage = { prompt_tokens: 1000, completion_tokens: 21, total_tokens: 1021,
  prompt_tokens_details: { cached_tokens: 400 } };
const kPrice = { input: 3, output: 15, cached_input: 0.3 };
const kWeird = 'we"ird\\model';

const kHouse = {
  retried: { a: { serve: [status(503), says('hi')], retry: 1, price: kPrice } },
  switched: { a: { serve: status(429, { headers: { 'retry-after': '600' } }) },
    b: { serve: says('hi'), price: kPrice } },
  cached: { a: { serve: [json(completion('hi', { usage: kCachedUsage })),
    sse(chunk({ content: 'a b' }), chunk({}, { finish_reason: 'stop' }), usageChunk(kCachedUsage), 'data: [DONE]\n\n')],
  price: kPrice } },
  failing: { a: { serve: closes }, b: { serve: status(500) } },
  picky: { a: { serve: status(400) } },
  breaking: { a: { serve: sse(chunk({ content: 'a' }), cut) } },
  silent: { a: { serve: hang } },
  teapot: { a: { serve: status(418) } },
  // Not on this machine, for all that the gateway knows: what it costs is not known.
  [kWeird]: { 'pro\\vi"der': { serve: says('hi'), elsewhere: true } },
};

async function openHouse(house, upstreams) {
  const routes = {};
  for (const [model, providers] of Object.entries(house)) {
    routes[model] = { providers: [] };
    for (const [at, [name, provider]] of Object.entries(providers).entries()) {
      const upstream = await Upstream.start(provider.serve);
      upstreams.push(upstream);
      (upstreams[model] ??= {})[name] = upstream;
      const { elsewhere, ...members } = provider;
      if (elsewhere) members.endpoint = upstream.url.replace('127.0.0.1', '0.0.0.0');
      routes[model].providers.push(entryOf(name, { priority: at + 1, ...members }, upstream));
    }
  }
  return routes;
}

describe('a scripted run, number by number', () => {
  const upstreams = [];
  let gateway;
  let metrics;
  before(async () => {
    const routes = await openHouse(kHouse, upstreams);
    gateway = await Gateway.start({ _global: { admin_key: kAdminKey }, _keys: keysOf({ anna: {} }), ...routes });
    const anna = by('anna');
    const ask = async (model, wanted, members) => {
      const reply = await gateway.chat(model, members, anna);
      assert.equal(reply.status, wanted, reply.text);
    };
    await ask('retried', 200);
    await ask('retried', 200);
    await ask('switched', 200);
    await ask('switched', 200);  // `a` cools down
    await ask('cached', 200);
    await (await gateway.stream('cached', {}, anna)).rest();
    await ask('failing', 502);
    await ask('picky', 400);
    await ask('teapot', 418);
    await ask('nobody', 404);
    await ask('nobody-else', 404);
    await ask(kWeird, 200);
    assert.equal((await gateway.chat('retried', {}, bearer('sk-wrong'))).status, 401);
    assert.equal((await gateway.post('/v1/chat/completions', '{', anna)).status, 400);
    await (await gateway.stream('breaking', {}, anna)).rest();
    const given_up = gateway.startChat('silent', {}, anna);
    await upstreams.silent.a.request(1);
    given_up.abort();
    metrics = await scraped(gateway, 16);
  });
  after(async () => {
    assert.equal(await gateway.stop(), 0);
    await Promise.all(upstreams.map((upstream) => upstream.stop()));
  });

  const table = (name, ...labels) => metrics.table(name, 'model', 'provider', ...labels);

  it('requests', () => assert.deepEqual(table('ai_gateway_requests_total', 'status'), {
    'retried/a/200': 2, 'switched/b/200': 2, 'cached/a/200': 2, 'failing/b/502': 1, 'picky/a/400': 1,
    'teapot/a/other': 1, 'breaking/a/502': 1, 'silent/a/499': 1, 'we"ird\\model/pro\\vi"der/200': 1,
    'other/none/404': 2, 'other/none/401': 1, 'other/none/400': 1 }));

  it('those that failed', () => assert.deepEqual(table('ai_gateway_request_failures_total'), {
    'failing/b': 1, 'breaking/a': 1 }));

  it('attempts', () => assert.deepEqual(table('ai_gateway_attempts_total', 'outcome', 'status'), {
    'retried/a/failed/503': 1, 'retried/a/answered/200': 2, 'switched/a/failed/429': 1, 'switched/b/answered/200': 2,
    'cached/a/answered/200': 2, 'failing/a/failed/none': 1, 'failing/b/failed/500': 1, 'picky/a/failed/400': 1,
    'teapot/a/failed/other': 1, 'breaking/a/cut/200': 1, 'silent/a/client_gone/none': 1,
    'we"ird\\model/pro\\vi"der/answered/200': 1 }));

  it('retries and switches, by what was answered before', () => {
    assert.deepEqual(table('ai_gateway_retries_total', 'status'), { 'retried/a/503': 1 });
    assert.deepEqual(table('ai_gateway_switches_total', 'status'), { 'switched/a/429': 1, 'failing/a/none': 1 });
  });

  it('tokens, and what of them was cached', () => {
    const tokens = table('ai_gateway_tokens_total', 'type');
    assert.deepEqual([tokens['cached/a/input'], tokens['cached/a/output']], [2000, 42]);
    assert.deepEqual([tokens['retried/a/input'], tokens['retried/a/output']], [14, 10]);
    assert.deepEqual(table('ai_gateway_cached_tokens_total'), { 'cached/a': 800 });
  });

  it('cost, to the nano-dollar, and what has none', () => {
    // 600 tokens at 3 dollars a million, 400 at 0.3, 21 at 15: twice. 7 at 3 and 5 at 15: twice.
    assert.equal(metrics.samples('ai_gateway_cost_dollars_total', { model: 'cached' })[0].text, '0.00447');
    assert.equal(metrics.samples('ai_gateway_cost_dollars_total', { model: 'retried' })[0].text, '0.000192');
    assert.equal(metrics.samples('ai_gateway_cost_dollars_total').length, 3);
    assert.deepEqual(table('ai_gateway_unpriced_requests_total'), { 'we"ird\\model/pro\\vi"der': 1 });
  });

  it('how many each histogram has seen', () => {
    const counts = (name, ...labels) => (
      metrics.table(`${name}_count`, 'gen_ai_request_model', 'gen_ai_provider_name', ...labels));
    assert.deepEqual(counts('gen_ai_server_request_duration_seconds', 'error_type'), {
      'retried/a/': 2, 'switched/b/': 2, 'cached/a/': 2, 'failing/b/5xx': 1, 'picky/a/4xx': 1, 'teapot/a/4xx': 1,
      'breaking/a/5xx': 1, 'silent/a/4xx': 1, 'we"ird\\model/pro\\vi"der/': 1, 'other/none/4xx': 4 });
    assert.deepEqual(counts('gen_ai_client_operation_duration_seconds', 'error_type'), {
      'retried/a/': 2, 'retried/a/5xx': 1, 'switched/a/4xx': 1, 'switched/b/': 2, 'cached/a/': 2, 'failing/a/5xx': 1,
      'failing/b/5xx': 1, 'picky/a/4xx': 1, 'teapot/a/4xx': 1, 'breaking/a/5xx': 1, 'we"ird\\model/pro\\vi"der/': 1 });
    assert.deepEqual(counts('gen_ai_server_time_to_first_token_seconds'), { 'cached/a': 1 });
    assert.deepEqual(counts('gen_ai_server_time_per_output_token_seconds'), { 'cached/a': 1 });
    assert.deepEqual(counts('gen_ai_client_operation_time_to_first_chunk_seconds'), { 'cached/a': 1, 'breaking/a': 1 });
    assert.equal(counts('gen_ai_client_token_usage', 'gen_ai_token_type')['cached/a/input'], 2);
    const input = { gen_ai_request_model: 'cached', gen_ai_token_type: 'input' };
    assert.equal(metrics.value('gen_ai_client_token_usage_sum', input), 2000);
    assert.equal(metrics.value('gen_ai_client_token_usage_bucket', { ...input, le: '256.0' }), 0);
    assert.equal(metrics.value('gen_ai_client_token_usage_bucket', { ...input, le: '1024.0' }), 2);
    assert.equal(metrics.value('ai_gateway_overhead_seconds_count'), 16);
    assert.deepEqual([...new Set(metrics.samples('gen_ai_server_request_duration_seconds_count')
      .map((sample) => sample.labels.gen_ai_operation_name))], ['chat']);
  });

  it('the state of providers', () => {
    const available = table('ai_gateway_provider_available');
    assert.equal(available['switched/a'], 0);
    assert.equal(available['switched/b'], 1);
    const cooldown = table('ai_gateway_provider_cooldown_seconds');
    assert.ok(cooldown['switched/a'] > 0 && cooldown['switched/a'] <= 600, cooldown['switched/a']);
    assert.equal(cooldown['switched/b'], 0);
    assert.equal(table('ai_gateway_attempts_in_flight')['switched/b'], 0);
  });

  it('OpenMetrics says the same', async () => {
    const open = await scrape(gateway, { open: true });
    assert.deepEqual(open.names(), metrics.names());
    const moving = /^(process|ai_gateway_(provider_cooldown|journal|worker|connections))/;
    for (const [name, family] of metrics.families) {
      if (!moving.test(name)) assert.deepEqual(open.families.get(name).samples, family.samples, name);
    }
    const units = new Set([...open.families.values()].map((family) => family.unit));
    assert.deepEqual([...units].sort(), ['bytes', 'dollars', 'seconds', null].sort());
  });

  it('what was counted outlives its model, and counters do not fall', async () => {
    const { retried, ...rest } = JSON.parse(fs.readFileSync(gateway.configFile, 'utf8'));
    assert.ok(retried);
    assert.equal((await gateway.reload(rest, kAdmin)).status, 200);
    const later = await scrape(gateway);
    assert.deepEqual(later.samples('ai_gateway_requests_total'), metrics.samples('ai_gateway_requests_total'));
    assert.deepEqual(later.samples('ai_gateway_provider_available', { model: 'retried' }), []);
  });
});

test('what runs now', async () => {
  const upstream = await Upstream.start([sse(chunk({ content: 'a' }), hold, 'data: [DONE]\n\n'), says('hi')]);
  const gateway = await Gateway.start({ _global: { threads: 9 }, 
    m: { providers: [entryOf('a', { serve: true, limits: { max_concurrent: 1, queue: true } }, upstream)] } });
  const idle = new http.Agent({ keepAlive: true });
  await gateway.request('GET', '/health', { agent: idle });
  const stream = await gateway.stream('m');
  await stream.nextEvent();
  const now = await scrape(gateway, { headers: {} });
  const gauge = (name, labels) => now.value(name, labels);
  assert.equal(gauge('ai_gateway_exchanges_in_flight'), 1);
  assert.equal(gauge('ai_gateway_exchanges_limit'), 9);
  assert.equal(gauge('ai_gateway_streams_in_flight'), 1);
  assert.equal(gauge('ai_gateway_exchanges_queued'), 0);
  assert.equal(gauge('ai_gateway_attempts_in_flight', { model: 'm', provider: 'a' }), 1);
  assert.ok(gauge('ai_gateway_worker_threads', { state: 'busy' }) >= 2, 'the stream and this request');
  assert.ok(gauge('ai_gateway_connections', { state: 'active' }) >= 2);
  assert.ok(gauge('ai_gateway_connections', { state: 'parked' }) >= 1, 'the idle client');
  assert.equal(gauge('ai_gateway_draining'), 0);
  assert.equal(gauge('ai_gateway_disk_ok'), 1);
  assert.ok(gauge('process_resident_memory_bytes') > 1e6);
  assert.ok(gauge('process_open_fds') > 5 && gauge('process_max_fds') >= gauge('process_open_fds'));
  assert.ok(Math.abs(gauge('process_start_time_seconds') - Date.now() / 1000) < 600);
  assert.equal(now.samples('ai_gateway_build_info').length, 1);

  const second = gateway.chat('m');
  const crowded = await eventually(async () => {
    const later = await scrape(gateway, { headers: {} });
    return later.value('ai_gateway_exchanges_queued') === 1 && later;
  }, 'a request to wait for room');
  assert.equal(crowded.value('ai_gateway_exchanges_in_flight'), 2);
  assert.equal(crowded.value('ai_gateway_provider_available'), 0);
  upstream.release();
  await stream.rest();
  assert.equal((await second).status, 200);
  const done = await scraped(gateway, 2, { headers: {} });
  assert.equal(done.value('ai_gateway_exchanges_queued'), 0);
  assert.equal(done.value('ai_gateway_exchanges_in_flight'), 0);
  assert.equal(done.value('ai_gateway_streams_in_flight'), 0);
  assert.ok(done.value('ai_gateway_journal_bytes') > 0, 'the count is in the journal');
  idle.destroy();
  assert.equal(await gateway.stop(), 0);
  await upstream.stop();
});

test('quotas of providers and accounts, each window by its units', async () => {
  const mock = { type: 'mock', mock: { latency: 0 } };
  const gateway = await Gateway.start({
    _providers: { acme: { ...mock, rate_limit: { requests_per_period: 50, period: 'never' } } },
    m: { providers: [
      { name: 'a', use: 'acme', price: { input: 1000, output: 0 },
        rate_limit: [{ requests_per_period: 10, tokens_per_period: 1000000, period_cron: '0 0 1 1 *' },
          { cost_per_period: 2.5, period: '5h' }] },
      { name: 'b', use: 'acme', priority: 2 }] } });
  assert.equal((await gateway.chat('m')).status, 200);
  const metrics = await scraped(gateway, 1, { headers: {} });
  const tokens = metrics.value('ai_gateway_tokens_total');
  const cost = metrics.value('ai_gateway_cost_dollars_total');
  assert.ok(tokens > 0 && cost > 0);
  assert.deepEqual(metrics.table('ai_gateway_quota_limit', 'provider', 'period', 'unit'),
    { 'a/0 0 1 1 */requests': 10, 'a/0 0 1 1 */tokens': 1000000, 'a/5h/dollars': 2.5 });
  assert.deepEqual(metrics.table('ai_gateway_quota_used', 'provider', 'period', 'unit'),
    { 'a/0 0 1 1 */requests': 1, 'a/0 0 1 1 */tokens': tokens, 'a/5h/dollars': cost });
  assert.deepEqual(metrics.table('ai_gateway_account_quota_limit', 'account', 'period', 'unit'),
    { 'acme/never/requests': 50 });
  assert.deepEqual(metrics.table('ai_gateway_account_quota_used', 'account', 'period', 'unit'),
    { 'acme/never/requests': 1 });
  const resets = metrics.table('ai_gateway_quota_reset_timestamp_seconds', 'provider', 'period');
  assert.ok(resets['a/5h'] > Date.now() / 1000 && resets['a/5h'] <= Date.now() / 1000 + 5 * 3600 + 1, resets['a/5h']);
  assert.deepEqual(Object.keys(resets).filter((name) => name.startsWith('b/')), []);
  assert.equal(await gateway.stop(), 0);
});

test('thousands of unknown models add nothing but a number', async () => {
  const gateway = await Gateway.start({ m: { providers: [{ name: 'a', type: 'mock' }] } });
  const agent = new http.Agent({ keepAlive: true, maxSockets: 20 });
  const ask = (n) => gateway.request('POST', '/v1/chat/completions',
    { body: { model: `unknown-${n}`, messages: [] }, agent });
  await ask(0);
  const first = await scraped(gateway, 1, { headers: {} });
  const kModels = 5000;
  const asked = Array.from({ length: kModels - 1 }, (_, n) => n + 1);
  await Promise.all(Array.from({ length: 20 }, async () => {
    for (let n = asked.pop(); n !== undefined; n = asked.pop()) assert.equal((await ask(n)).status, 404);
  }));
  const last = await scraped(gateway, kModels, { headers: {} });
  assert.equal(last.count(), first.count());
  assert.equal(last.value('ai_gateway_requests_total', { model: 'other', provider: 'none', status: '404' }), kModels);
  agent.destroy();
  assert.equal(await gateway.stop(), 0);
});

// ---- what is said of it ------------------------------------------------------------------------------

describe('the README, the alert rules and the dashboard', () => {
  const read = (file) => fs.readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');
  const [table] = tablesOf(read('README.md')).filter((one) => one.heading === 'Metrics');
  const labelsOf = Object.fromEntries(table.rows.map((row) => [codeIn(row.Metric)[0], codeIn(row.Labels)]));
  const dashboard = JSON.parse(read('monitoring/grafana/dashboards/ai-gateway.json'));
  const rules = read('monitoring/rules.yml');
  const queries = [...dashboard.panels.flatMap((panel) => panel.targets ?? []), ...dashboard.annotations.list]
    .map((one) => one.expr);
  const kScraped = ['job', 'instance', 'le'];  // labels that Prometheus adds, and that of buckets

  // Each metric of a query with the labels that it is asked for.
  function selectorsOf(query) {
    const metric = /\b((?:ai_gateway|gen_ai|process)_\w+)(\{[^}]*\})?(?!\w)/g;
    const labels = new Set(Object.values(labelsOf).flat());
    return [...query.matchAll(metric)].filter(([, name]) => !labels.has(name)).map(([, name, selector = '']) => ({
      name: labelsOf[name] ? name : name.replace(/_(bucket|sum|count)$/, ''),
      labels: [...selector.matchAll(/(\w+)(?==~?"|!=)/g)].map((match) => match[1]),
    }));
  }

  function assertKnown(query) {
    const selectors = selectorsOf(query);
    assert.ok(selectors.length > 0 || query.startsWith('up{'), query);
    for (const { name, labels } of selectors) {
      assert.ok(labelsOf[name], `${name} in ${query}`);
      for (const label of labels) assert.ok([...labelsOf[name], ...kScraped].includes(label), `${label} in ${query}`);
    }
    const known = [...selectors.flatMap(({ name }) => labelsOf[name]), ...kScraped];
    for (const [, by] of query.matchAll(/\bby \(([^)]*)\)/g)) {
      for (const label of by.split(', ')) assert.ok(known.includes(label), `by ${label} in ${query}`);
    }
  }

  it('the README has every metric, with its type and labels', async () => {
    const gateway = await Gateway.start({
      _providers: { acme: { type: 'mock', mock: { latency: 0 }, rate_limit: { requests_per_period: 9 } } },
      m: { providers: [{ name: 'a', use: 'acme', rate_limit: { requests_per_period: 9 } },
        { name: 'b', use: 'acme', enabled: false }] },
    }, { env: { OTEL_EXPORTER_OTLP_ENDPOINT: kRefusedEndpoint } });
    await gateway.chat('m');
    await (await gateway.stream('m')).rest();
    await gateway.chat('unknown');
    const metrics = await scraped(gateway, 3, { headers: bearer('any, where none is asked for') });
    assert.deepEqual(metrics.names(), Object.keys(labelsOf));
    for (const row of table.rows) {
      const [name] = codeIn(row.Metric);
      const { type, samples } = metrics.families.get(name);
      assert.equal(type, row.Type, name);
      for (const { labels } of samples) {
        const more = Object.keys(labels).filter((label) => !labelsOf[name].includes(label) && label !== 'le');
        assert.deepEqual(more, [], `labels of ${name}`);
      }
    }
    assert.deepEqual(metrics.samples('ai_gateway_provider_available').map(({ labels }) => labels.provider), ['a']);
    assert.equal(await gateway.stop(), 0);
  });

  it('the rules ask for metrics and labels that there are', () => {
    const expressions = [...rules.matchAll(/^ {8}expr: (?:\|\n((?: {10}.*\n)+)|(.*)\n)/gm)]
      .map(([, many, one]) => many ?? one);
    assert.equal(expressions.length, rules.match(/- alert:/g).length);
    for (const expression of expressions) assertKnown(expression);
  });
  it('so does the dashboard', () => {
    assert.ok(queries.length > 30);
    for (const query of queries) assertKnown(query);
  });
  it('a metric or a label that there is not is noticed', () => {
    for (const query of ['sum(ai_gateway_requests)', 'ai_gateway_requests_total{key="a"}',
      'sum by (key) (ai_gateway_requests_total)', 'rate(gen_ai_server_latency_seconds_bucket[5m])', '1 + 1']) {
      assert.throws(() => assertKnown(query), assert.AssertionError, query);
    }
  });
});

describe('who may read it', () => {
  const house = { m: { providers: [{ name: 'a', type: 'mock' }] } };
  const keyed = { _keys: keysOf({ anna: {}, boss: { role: 'admin' } }), ...house };
  let gateway;
  before(async () => { gateway = await Gateway.start({ _global: { admin_key: kAdminKey }, ...keyed }); });
  after(async () => assert.equal(await gateway.stop(), 0));

  it('admins, by any of their keys', async () => {
    await scrape(gateway);
    await scrape(gateway, { headers: by('boss') });
  });
  it('nobody else', async () => {
    assertError(await gateway.get('/metrics'), 401);
    assertError(await gateway.get('/metrics', bearer('sk-wrong')), 401);
    const { message } = assertError(await gateway.get('/metrics', by('anna')), 403);
    assert.match(message, /'anna' may not use \/metrics/);
  });
  it('GET and HEAD, nothing else', async () => {
    assert.equal((await gateway.request('HEAD', '/metrics', { headers: kAdmin })).text, '');
    assertError(await gateway.post('/metrics', '', kAdmin), 405);
  });
  it('anybody, where open_metrics says so; until it says so no more', async () => {
    const reload = async (more) => {
      const reply = await gateway.reload({ _global: { admin_key: kAdminKey, ...more }, ...keyed }, kAdmin);
      assert.equal(reply.status, 200, reply.text);
    };
    await reload({ open_metrics: true });
    await scrape(gateway, { headers: {} });
    await scrape(gateway, { headers: bearer('sk-wrong') });
    assertError(await gateway.get('/admin/stats'), 401);
    await reload({});
    assertError(await gateway.get('/metrics'), 401);
  });
});

describe('the parser refuses', () => {
  const kGood = '# HELP a_total A.\n# TYPE a_total counter\na_total{x="1"} 1\n';
  const kOne = 'h_bucket{le="+Inf"} 1\nh_sum 1\nh_count 1';
  const histogram = (lines) => `# HELP h H.\n# TYPE h histogram\n${lines}\n`;
  const bad = {
    'a sample without its type': 'a_total 1\n',
    'a family twice': kGood + kGood,
    'a sample twice': `${kGood}a_total{x="1"} 2\n`,
    'samples of another family': `${kGood}b_total 1\n`,
    'a counter without _total': '# HELP a A.\n# TYPE a counter\na 1\n',
    'a gauge with _total': '# HELP a_total A.\n# TYPE a_total gauge\na_total 1\n',
    'a negative counter': kGood.replace(/1\n$/, '-1\n'),
    'an open quote': kGood.replace('"1"', '"1'),
    'an unknown escape': kGood.replace('"1"', '"\\t"'),
    'a label twice': kGood.replace('x="1"', 'x="1",x="2"'),
    'a comma at the end': kGood.replace('x="1"', 'x="1",'),
    'an empty line': `${kGood}\n`,
    'a last line without its end': kGood.trimEnd(),
    'no number': kGood.replace(/1\n$/, 'nan\n'),
    'a type before the help text': '# TYPE a gauge\n# HELP a A.\na 1\n',
    'buckets that fall': histogram('h_bucket{le="1.0"} 2\nh_bucket{le="+Inf"} 1\nh_sum 1\nh_count 1'),
    'bounds that fall': histogram(`h_bucket{le="2.0"} 0\nh_bucket{le="1.0"} 1\n${kOne}`),
    'no last bucket': histogram('h_bucket{le="1.0"} 1\nh_sum 1\nh_count 1'),
    'another count than that of the last bucket': histogram('h_bucket{le="+Inf"} 1\nh_sum 1\nh_count 2'),
    'a histogram without a sum': histogram('h_bucket{le="+Inf"} 1\nh_count 1'),
    'a bound that is no canonical number': histogram(`h_bucket{le="1"} 1\n${kOne}`),
    'a name that a histogram has taken': `${histogram(kOne)}# HELP h_count H.\n# TYPE h_count gauge\nh_count 1\n`,
  };
  for (const [name, text] of Object.entries(bad)) {
    it(name, () => assert.throws(() => parseExposition(text, { open: false })));
  }
  it('in OpenMetrics: no end, lines behind it, a unit that is not in the name', () => {
    const good = '# HELP a_seconds A.\n# TYPE a_seconds counter\n# UNIT a_seconds seconds\na_seconds_total 1\n# EOF\n';
    parseExposition(good, { open: true });
    assert.throws(() => parseExposition(good.replace('# EOF\n', ''), { open: true }));
    assert.throws(() => parseExposition(`${good}a_seconds_total 2\n`, { open: true }));
    assert.throws(() => parseExposition(good.replace('seconds seconds', 'seconds bytes'), { open: true }));
    parseExposition(kGood + histogram(kOne), { open: false });
    assert.throws(() => parseExposition(`${kGood}# EOF\n`, { open: true }));
  });
});
