// Reports of what was used when: GET /admin/usage over the hour under way and over files of past days.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, it, test } from 'node:test';

import { assertAnsweredBy, assertError } from './lib/expect.mjs';
import { Gateway, removeFolder, temporaryFolder } from './lib/gateway.mjs';
import { entryOf } from './lib/scenario.mjs';
import { chunk, cut, says, sse, status, Upstream } from './lib/upstream.mjs';
import { eventually } from './lib/wait.mjs';

const kSums = ['requests', 'tokens', 'prompt_tokens', 'completion_tokens', 'estimated_tokens', 'errors', 'duration_ms',
  'average_duration_ms', 'cached_tokens', 'unpriced_requests', 'cost'];
const kZone = { TZ: 'UTC0' };

const bearer = (key) => ({ authorization: `Bearer ${key}` });

async function report(gateway, parameters = {}, headers = {}) {
  const reply = await gateway.get(`/admin/usage?${new URLSearchParams(parameters)}`, headers);
  assert.equal(reply.status, 200, reply.text);
  return reply.json;
}

// `{ 'model provider': [3, 36] }`: these columns of the rows, by their groups.
async function figures(gateway, parameters, columns, headers) {
  const { group_by: groups, rows } = await report(gateway, parameters, headers);
  return Object.fromEntries(rows.map((row) => [groups.map((group) => row[group]).join(' '),
    columns.map((column) => row[column])]));
}

// ---- the hour under way ---------------------------------------------------------------------------------

describe('the hour under way', () => {
  const [user, admin] = ['user-key-0123456789', 'admin-key-0123456789'];
  let gateway;
  let upstreams;
  before(async () => {
    upstreams = await Promise.all([says('hi'), status(503), [says('hi'), sse(chunk({ content: 'a' }), cut)]]
      .map((script) => Upstream.start(script)));
    const [good, bad, breaks] = upstreams;
    gateway = await Gateway.start({
      _global: { api_key: user, admin_key: admin },
      plain: { providers: [entryOf('same', { serve: [] }, good)] },
      failing: { providers: [entryOf('bad', { serve: [], priority: 1, retry: 1 }, bad),
        entryOf('same', { serve: [], priority: 2 }, good)] },
      breaking: { providers: [entryOf('breaks', { serve: [] }, breaks)] },
    });
    for (const [model, key] of [['plain', user], ['plain', user], ['plain', admin], ['failing', user]]) {
      assert.equal((await gateway.chat(model, {}, bearer(key))).status, 200);
    }
    assertAnsweredBy(await gateway.chat('breaking', {}, bearer(user)), 'breaks', 1);
    await (await gateway.stream('breaking', {}, bearer(user))).rest();
    await eventually(async () => (await gateway.stats(bearer(admin))).breaking.breaks.errors === 1,
      'the broken answer to be counted');
  });
  after(async () => {
    assert.equal(await gateway.stop(), 0);
    await Promise.all(upstreams.map((upstream) => upstream.stop()));
  });

  it('is summed by model, provider and key', async () => {
    const by = (groups) => figures(gateway, { group_by: groups }, ['requests', 'errors'], bearer(admin));
    assert.deepEqual(await by('model'), { breaking: [2, 1], failing: [1, 2], plain: [3, 0] });
    assert.deepEqual(await by('provider'), { bad: [0, 2], breaks: [2, 1], same: [4, 0] });
    assert.deepEqual(await by('model,provider'),
      { 'breaking breaks': [2, 1], 'failing bad': [0, 2], 'failing same': [1, 0], 'plain same': [3, 0] });
    assert.deepEqual(await by('key'), { admin_key: [1, 0], api_key: [5, 3] });
    assert.deepEqual(await by('key,model'), { 'admin_key plain': [1, 0], 'api_key breaking': [2, 1],
      'api_key failing': [1, 2], 'api_key plain': [2, 0] });
  });

  it('says what the counters say', async () => {
    const stats = await gateway.stats(bearer(admin));
    const columns = kSums.slice(0, 6);
    const counted = Object.entries(stats).flatMap(([model, providers]) => Object.entries(providers).map(
      ([provider, counter]) => [`${model} ${provider}`, columns.map((column) => counter[column])]));
    assert.deepEqual(await figures(gateway, { group_by: 'model,provider' }, columns, bearer(admin)),
      Object.fromEntries(counted));
  });

  it('has every column in rows and total', async () => {
    const { rows, total, unreadable_lines: unreadable, ...asked } =
      await report(gateway, { group_by: 'model' }, bearer(admin));
    assert.deepEqual(asked.group_by, ['model']);
    for (const row of rows) assert.deepEqual(Object.keys(row), ['model', ...kSums]);
    assert.deepEqual(Object.keys(total), kSums);
    for (const column of kSums.slice(0, 7)) {
      assert.equal(total[column], rows.reduce((sum, row) => sum + row[column], 0), column);
    }
    assert.equal(total.average_duration_ms, Math.floor(total.duration_ms / total.requests));
    assert.equal(unreadable, 0);
  });

  it('has no average where nothing was answered', async () => {
    const { rows } = await report(gateway, { group_by: 'provider' }, bearer(admin));
    assert.equal(rows.find(({ provider }) => provider === 'bad').average_duration_ms, null);
  });

  it('is shown to administrators alone, and its head to HEAD', async () => {
    assertError(await gateway.get('/admin/usage'), 401);
    assertError(await gateway.get('/admin/usage', bearer(user)), 403);
    const head = await gateway.request('HEAD', '/admin/usage', { headers: bearer(admin) });
    assert.deepEqual([head.status, head.headers['content-type'], head.text], [200, 'application/json', '']);
    assertError(await gateway.post('/admin/usage', {}, bearer(admin)), 405);
  });
});

test('after SIGKILL and a restart nothing of the hour is missing or there twice', async () => {
  const upstream = await Upstream.start(says('hi'));
  const config = { model: { providers: [entryOf('a', { serve: [] }, upstream)] } };
  let gateway = await Gateway.start(config);
  for (let round = 1; round <= 3; ++round) {
    await Promise.all(Array.from({ length: 5 }, () => gateway.chat('model')));
    const before = (await report(gateway)).rows;
    await gateway.kill({ keepFolder: true });
    gateway = await Gateway.start(config, { folder: gateway.folder });
    const { rows, total } = await report(gateway);
    assert.deepEqual(rows, before);
    assert.deepEqual([total.requests, total.tokens], [5 * round, 60 * round]);
  }
  assert.equal(await gateway.stop(), 0);
  await upstream.stop();
});

// ---- past days -----------------------------------------------------------------------------------------

// The day `days` ago, in UTC; one value for the whole run, midnight or not.
const kNow = Date.now();
const dayAgo = (days) => new Date(kNow - days * 86_400_000).toISOString().slice(0, 10);

// Members that lines of the first version do not have.
const kMoney = { cached_tokens: 4, cost_nanos: 1_500_000, unpriced_requests: 1 };

// A line as the gateway writes it, or its first version did.
function lineOf(day, hour, members = {}) {
  const time = `${day}T${String(hour).padStart(2, '0')}:00:00`;
  return `${JSON.stringify({
    hour: `${time}+00:00`, first_ms: Date.parse(`${time}Z`) + 1234, model: 'gpt-4o', provider: 'openai', key: '-',
    requests: 1, prompt_tokens: 7, completion_tokens: 5, estimated_tokens: 0, errors: 0, duration_ms: 100, ...members,
  })}\n`;
}

// A folder with a history; `files` are texts by day.
function folderWith(files) {
  const folder = temporaryFolder();
  const history = path.join(folder, 'data', 'usage', 'history');
  fs.mkdirSync(history, { recursive: true });
  for (const [day, text] of Object.entries(files)) fs.writeFileSync(path.join(history, `${day}.jsonl`), text);
  return { folder, history };
}

const kMock = { model: { providers: [{ name: 'm', type: 'mock', mock: { latency: 0 } }] } };

// Fields of CSV lines (RFC 4180).
function parseCsv(text) {
  assert.ok(text.endsWith('\r\n'));
  return text.slice(0, -2).split('\r\n').map((line) => [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,"]*))/g)]
    .map(([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain));
}

describe('past days', () => {
  const [three, two] = [dayAgo(3), dayAgo(2)];
  const kOddName = 'a "b", c';
  let gateway;
  before(async () => {
    const { folder } = folderWith({
      [dayAgo(10)]: lineOf(dayAgo(10), 12, { requests: 1000 }),
      [three]: lineOf(three, 0, { requests: 2 }) + lineOf(three, 23, { requests: 3, model: kOddName, ...kMoney }),
      [two]: lineOf(two, 0, { requests: 4 }) + lineOf(two, 0, { requests: 4 }) + 'half a li\n' +
        lineOf(two, 1, { requests: 5, key: 'team' }) + '{"hour":',
    });
    gateway = await Gateway.start(kMock, { folder, env: kZone });
  });
  after(async () => assert.equal(await gateway.stop(), 0));

  const requestsBy = async (parameters) => Object.fromEntries(
    Object.entries(await figures(gateway, parameters, ['requests'])).map(([group, [requests]]) => [group, requests]));

  it('are summed by day and hour', async () => {
    assert.deepEqual(await requestsBy({ group_by: 'day' }), { [three]: 5, [two]: 9 });
    assert.deepEqual(await requestsBy({ group_by: 'hour' }),
      { [`${three}T00:00:00`]: 2, [`${three}T23:00:00`]: 3, [`${two}T00:00:00`]: 4, [`${two}T01:00:00`]: 5 });
    assert.deepEqual(await requestsBy({ group_by: 'day,model,key' }),
      { [`${three} ${kOddName} -`]: 3, [`${three} gpt-4o -`]: 2, [`${two} gpt-4o -`]: 4, [`${two} gpt-4o team`]: 5 });
  });

  it('are those of the week with today, unless other ones are asked for', async () => {
    const seconds = (day) => String(Date.parse(`${day}T00:00:00Z`) / 1000);
    const of = async (parameters) => (await report(gateway, parameters)).total.requests;
    assert.equal(await of({}), 14);
    assert.equal(await of({ from: dayAgo(20) }), 1014);
    assert.equal(await of({ to: dayAgo(8) }), 1000);
    assert.equal(await of({ from: three, to: three }), 5);
    assert.equal(await of({ from: `${three}T01:00:00`, to: `${two}T01:00:00` }), 7);
    assert.equal(await of({ from: `${two}T01:00:00Z` }), 5);
    assert.equal(await of({ from: `${two}T02:30:00+01:00` }), 0, '01:00 UTC was before 01:30 UTC');
    assert.equal(await of({ from: seconds(three), to: seconds(two) }), 5);
    assert.equal((await gateway.get(`/admin/usage?from=${two}T02:00:00+01:00`)).json.total.requests, 5,
      'a plus that is not encoded');
  });

  it('are answered with the times they are of', async () => {
    const { from, to } = await report(gateway, { from: three, to: two });
    assert.deepEqual([from, to], [`${three}T00:00:00`, `${dayAgo(1)}T00:00:00`]);
  });

  it('may have lines that can not be read, which are counted but for one that is being written', async () => {
    assert.equal((await report(gateway)).unreadable_lines, 1);
    assert.equal((await report(gateway, { to: dayAgo(8) })).unreadable_lines, 0);
  });

  it('are CSV if it is asked for', async () => {
    const reply = await gateway.get(`/admin/usage?from=${three}&to=${two}&group_by=model,day&format=csv`);
    assert.equal(reply.status, 200, reply.text);
    assert.equal(reply.headers['content-type'], 'text/csv; charset=utf-8');
    assert.equal(reply.headers['content-disposition'], `attachment; filename="usage_${three}_${two}.csv"`);
    assert.deepEqual(parseCsv(reply.text), [
      ['model', 'day', ...kSums],
      [kOddName, three, '3', '12', '7', '5', '0', '0', '100', '33', '4', '1', '0.0015'],
      ['gpt-4o', three, '2', '12', '7', '5', '0', '0', '100', '50', '0', '0', '0'],
      ['gpt-4o', two, '9', '24', '14', '10', '0', '0', '200', '22', '0', '0', '0'],
    ]);
    const empty = await gateway.get(`/admin/usage?to=${dayAgo(30)}&format=csv`);
    assert.deepEqual(parseCsv(empty.text), [['model', ...kSums]]);
  });

  for (const [query, expected] of [
    ['from=yesterday', /^from="yesterday" is no time: expected a day/],
    ['to=2024-02-30', /^to="2024-02-30" is no time/],
    ['from=2024-01-02&to=2024-01-01', /^from \(2024-01-02T00:00:00\+00:00\) must be before to \(2024-01-02T/],
    ['group_by=week', /^group_by can't be "week": expected model, provider, key, hour or day/],
    ['group_by=', /^group_by can't be ""/],
    ['group_by=day,day', /^group_by has day twice/],
    ['format=xml', /^format can't be "xml": expected json or csv/],
    ['since=2024-01-01', /^There is no parameter "since", only from, to, group_by and format/],
    ['format=csv&format=csv', /^format is there twice/],
    ['from=%00', /^from="\\x00" is no time/],
  ]) {
    it(`are not shown for ?${query}, and the answer says why`, async () => {
      assert.match(assertError(await gateway.get(`/admin/usage?${query}`), 400).message, expected);
    });
  }
});

test('days that are older than history_days are dropped, other files stay', async () => {
  const { folder, history } = folderWith({ [dayAgo(9)]: lineOf(dayAgo(9), 12), [dayAgo(2)]: lineOf(dayAgo(2), 12) });
  fs.writeFileSync(path.join(history, 'notes.txt'), 'mine');
  const gateway = await Gateway.start({ _global: { history_days: 5 }, ...kMock }, { folder, env: kZone });
  await eventually(() => !fs.existsSync(path.join(history, `${dayAgo(9)}.jsonl`)), 'the old day to be dropped');
  assert.deepEqual(fs.readdirSync(history).sort(), [`${dayAgo(2)}.jsonl`, 'notes.txt']);
  assert.equal((await report(gateway, { from: dayAgo(20) })).total.requests, 1);
  assert.equal(await gateway.stop(), 0);
});

test('an hour that is over goes to its day\'s file, once', async () => {
  const upstream = await Upstream.start(says('hi'));
  const config = { model: { providers: [entryOf('a', { serve: [] }, upstream)] } };
  const { folder, history } = folderWith({});
  let gateway = await Gateway.start(config, { folder, env: kZone });
  assert.equal((await gateway.chat('model')).status, 200);
  assert.equal(await gateway.stop({ keepFolder: true }), 0);
  await upstream.stop();

  // No test waits for the end of an hour: the counter is told that it was used two hours earlier, and that nothing is
  // written yet; the stop wrote what there was of the hour.
  fs.rmSync(history, { recursive: true });
  const file = path.join(folder, 'data', 'usage', 'model', 'a.json');
  const counter = JSON.parse(fs.readFileSync(file, 'utf8'));
  assert.equal(counter.hours.length, 1);
  const [total] = counter.hours;
  const earlier = new Date(Date.parse(total.hour) - 7_200_000).toISOString();
  Object.assign(total, { hour: earlier.replace('.000Z', '+00:00'), first_ms: total.first_ms - 7_200_000,
    written: false });
  fs.writeFileSync(file, JSON.stringify(counter));

  const dayFile = path.join(history, `${earlier.slice(0, 10)}.jsonl`);
  for (let start = 1; start <= 2; ++start) {
    gateway = await Gateway.start(config, { folder, env: kZone });
    await eventually(() => fs.existsSync(dayFile), 'the hour to be written');
    assert.equal((await report(gateway, { from: earlier.slice(0, 19) })).total.requests, 1);
    assert.equal(await gateway.stop({ keepFolder: true }), 0);
  }
  assert.equal(fs.readFileSync(dayFile, 'utf8').split('\n').length, 2, 'one line');
  removeFolder(folder);
});
