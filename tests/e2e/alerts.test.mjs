// Alerts: each change is told once, to those who want it, in the form that they understand; a receiver that is dead
// costs nothing, and what opens it is nowhere shown.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { describe, it } from 'node:test';

import { kYearly } from './lib/cron.mjs';
import { Gateway, removeFolder, runBinary, temporaryFolder } from './lib/gateway.mjs';
import { assertNowhere, bearer } from './lib/keys.mjs';
import { entryOf, kRefusedEndpoint } from './lib/scenario.mjs';
import { bytes, hang, says, status, Upstream } from './lib/upstream.mjs';
import { eventually } from './lib/wait.mjs';

const kHookSecret = 'hook-secret-0123456789';
const kTokenSecret = 'token-secret-0123456789';
const kHeaderSecret = 'header-secret-0123456789';

const takes = bytes('ok');

const kUsedUpByOne = { name: 'last', type: 'mock', mock: { latency: 0 },
  rate_limit: { requests_per_period: 1, period: 'never' } };

// Providers and receivers by name, a gateway with a route `m` to the providers, and all of it stopped in the end.
// `webhooks`, `providers` and `config` are functions of what was started before.
async function house({ receivers = { hook: takes }, webhooks, serve = {}, providers = {}, config = () => ({}), folder },
  run) {
  const started = [];
  const start = async (script) => {
    started.push(await Upstream.start(script));
    return started.at(-1);
  };
  let gateway;
  try {
    const hooks = {};
    for (const [name, script] of Object.entries(receivers)) hooks[name] = await start(script);
    const upstreams = {};
    for (const [name, script] of Object.entries(serve)) upstreams[name] = await start(script);
    const entries = Object.entries(upstreams).map(([name, upstream], at) =>
      entryOf(name, { serve: true, priority: at + 1, ...providers[name] }, upstream));
    if (entries.length === 0) entries.push({ name: 'mock', type: 'mock', mock: { latency: 0 } });
    const { _global: global = {}, ...rest } = config(hooks);
    const made = { _global: { webhooks: webhooks?.(hooks) ?? [hookOf(hooks.hook)], ...global }, ...rest,
      m: { providers: entries }, last: { providers: [kUsedUpByOne] } };
    gateway = await Gateway.start(made, folder ? { folder } : {});
    await run({ gateway, made, ...hooks, ...upstreams });
    assert.equal(await gateway.stop({ keepFolder: Boolean(folder) }), 0);
  } finally {
    await Promise.all(started.map((one) => one.stop()));
  }
}

function addressOf(receiver, path = `/${kHookSecret}`) {
  return `${new URL(receiver.url).origin}${path}`;
}

function hookOf(receiver, members = {}) {
  return { url: addressOf(receiver), ...members };
}

// What a receiver was told, in the order of its requests: `event kind name`.
function toldTo(receiver) {
  return receiver.requests.map(({ json: { event, subject } }) =>
    [event, subject.kind, subject.name].filter(Boolean).join(' '));
}

// A receiver was told these things, and nothing else. What is used up last is found by a later look than all the rest:
// what was told by then is all that there is.
async function assertTold(gateway, receiver, wanted, headers) {
  assert.equal((await gateway.chat('last', {}, headers)).status, 200);
  const isLast = (alert) => alert.endsWith(' provider last');
  await eventually(() => toldTo(receiver).includes('quota_exhausted provider last'), 'the last alert');
  assert.deepEqual(toldTo(receiver).filter((alert) => !isLast(alert)), wanted);
}

async function chats(gateway, count, headers) {
  for (let i = 0; i < count; ++i) await gateway.chat('m', {}, headers);
}

// A configuration with a problem of its own for each number: the same one again is not told.
const kBroken = (number) => ({ [`m${number}`]: {} });

describe('alerts', { concurrency: 4 }, () => {
  it('a provider that is down is told once, and once when it is up again', () => house({
    serve: { a: [status(500), status(503), status(500), status(500), status(500), says('hi')] },
  }, async ({ gateway, hook }) => {
    await chats(gateway, 3);
    const down = (await hook.request(1)).json;
    assert.equal(down.event, 'provider_down');
    assert.equal(down.severity, 'problem');
    assert.deepEqual(down.subject, { kind: 'provider', name: 'a', model: 'm' });
    assert.match(down.text, /500/);
    await chats(gateway, 4);
    assert.equal((await hook.request(2)).json.event, 'provider_up');
    await assertTold(gateway, hook, ['provider_down provider a', 'provider_up provider a']);
  }));

  it('clients\' mistakes and rate limits are nobody\'s downfall', () => house({
    serve: { a: [status(400), status(404), status(422), status(400), status(429)], b: says('b') },
  }, async ({ gateway, hook }) => {
    await chats(gateway, 8);
    await assertTold(gateway, hook, []);
  }));

  it('a quota is told at four fifths and when it is used up, once in a period', () => house({
    serve: { a: says('hi') }, providers: { a: { rate_limit: { requests_per_period: 10, period_cron: kYearly } } },
  }, async ({ gateway, hook }) => {
    await chats(gateway, 8);
    const { level, title } = (await hook.request(1)).json;
    assert.deepEqual(level, { unit: 'requests', used: 8, limit: 10, period: kYearly });
    assert.equal(title, 'Provider a of m has used 80 % of its quota');
    await chats(gateway, 4);  // two more have room
    await hook.request(2);
    assert.equal((await gateway.request('DELETE', '/admin/usage/m/a')).status, 200);
    await chats(gateway, 8);
    const once = ['quota_80 provider a', 'quota_exhausted provider a'];
    await hook.request(3);
    await assertTold(gateway, hook, [...once, once[0]]);
  }));

  it('the quota of an account is told once, however many use it', () => house({
    serve: { a: says('hi'), b: says('hi') }, providers: { a: { use: 'acc' }, b: { use: 'acc' } },
    config: () => ({ _providers: { acc: { rate_limit: { tokens_per_period: 24, period: 'never' } } } }),
  }, async ({ gateway, hook }) => {
    await chats(gateway, 3);  // 12 tokens each
    await hook.request(2);
    await assertTold(gateway, hook, ['quota_80 account acc', 'quota_exhausted account acc']);
  }));

  it('budgets of keys and owners, and balances, are told as they are used', () => house({
    serve: { a: says('hi') }, providers: { a: { price: { per_request: 0.002 } } },
    config: () => ({
      _global: { admin_key: 'admin-0123456789abcdef' },
      _keys: { laptop: { key: 'laptop-0123456789abcdef', owner: 'ada',
        budget: { requests_per_period: 5, period: '7d' } } },
      _owners: { ada: { budget: { cost_per_period: 0.01, period: 'never' } } },
    }),
  }, async ({ gateway, hook }) => {
    const admin = bearer('admin-0123456789abcdef');
    const credit = (amount) => gateway.post('/admin/owners/ada/credit', { amount, note: 'cash' }, admin);
    assert.equal((await credit(0.005)).status, 200);
    const laptop = bearer('laptop-0123456789abcdef');
    await chats(gateway, 2, laptop);  // 0.004 of 0.005 dollars
    assert.deepEqual((await hook.request(1)).json.level, { unit: 'dollars', used: 0.004, limit: 0.005, period: null });
    await chats(gateway, 1, laptop);
    assert.equal((await hook.request(2)).json.title, 'Owner ada has used up its balance');
    assert.equal((await credit(1)).status, 200);
    await chats(gateway, 1, laptop);
    await hook.request(4);
    await chats(gateway, 1, laptop);
    await hook.request(6);
    assert.deepEqual(toldTo(hook).slice(2, 4).sort(), ['budget_80 key laptop', 'budget_80 owner ada']);
    assert.deepEqual(toldTo(hook).slice(4).sort(), ['budget_exhausted key laptop', 'budget_exhausted owner ada']);
    await assertTold(gateway, hook, toldTo(hook), admin);
  }));

  it('a restart repeats nothing, and tells what rises from there', async () => {
    const folder = temporaryFolder();
    const providers = { a: { rate_limit: { requests_per_period: 5, period_cron: kYearly } } };
    try {
      await house({ serve: { a: says('hi') }, providers, folder }, async ({ gateway, hook }) => {
        await chats(gateway, 4);
        assert.equal((await hook.request(1)).json.event, 'quota_80');
      });
      await house({ serve: { a: says('hi') }, providers, folder }, async ({ gateway, hook }) => {
        await chats(gateway, 1);
        await hook.request(1);
        await assertTold(gateway, hook, ['quota_exhausted provider a']);
      });
    } finally {
      removeFolder(folder);
    }
  });

  it('a reload that fails is told once, with what is wrong', () => house({}, async ({ gateway, hook, made }) => {
    for (let i = 0; i < 2; ++i) assert.equal((await gateway.reload({ ...made, m: {} })).status, 400);
    const alert = (await hook.request(1)).json;
    assert.equal(alert.title, 'The new configuration has 1 problem');
    assert.match(alert.text, /\nm: /);
    assert.equal((await gateway.reload(made)).status, 200);
    assert.equal((await gateway.reload({ ...made, m: {} })).status, 400);
    assert.equal((await gateway.reload(made)).status, 200);
    await assertTold(gateway, hook, ['reload_failed gateway', 'reload_failed gateway']);
  }));

  it('a disk that can\'t be written is told each time that it begins', (t) => house({}, async ({ gateway, hook }) => {
    const filesOf = (limit) => execFileSync('prlimit', ['--pid', String(gateway.pid), `--fsize=${limit}:unlimited`]);
    try {
      filesOf('unlimited');
    } catch {
      return t.skip('needs prlimit');
    }
    const isOk = async () => (await gateway.get('/health')).json.status === 'ok';
    for (const nth of [1, 2]) {
      filesOf('0');
      await chats(gateway, 1);
      assert.equal((await hook.request(nth)).json.event, 'disk_full');
      await chats(gateway, 1);
      filesOf('unlimited');
      await eventually(isOk, 'the disk to be well again');
    }
    await assertTold(gateway, hook, ['disk_full gateway', 'disk_full gateway']);
  }));

  it('each format is what its receiver understands', () => house({
    receivers: { json: takes, slack: takes, discord: bytes('', { status: 204 }), ntfy: takes, gotify: takes },
    webhooks: ({ json, slack, discord, ntfy, gotify }) => [
      hookOf(json, { token: kTokenSecret, headers: { 'X-From': 'gateway' } }),
      hookOf(slack, { format: 'slack' }),
      hookOf(discord, { format: 'discord' }),
      { url: addressOf(ntfy, '/push/my-topic'), format: 'ntfy', token: kTokenSecret },
      { url: addressOf(gotify, '/gotify/'), format: 'gotify', token: kTokenSecret },
    ],
  }, async ({ gateway, json, slack, discord, ntfy, gotify }) => {
    await gateway.reload('{"<m>": 1}');
    for (const receiver of [json, slack, discord, ntfy, gotify]) {
      const { method, headers } = await receiver.request(1);
      assert.equal(method, 'POST');
      assert.equal(headers['content-type'], 'application/json');
      assert.match(headers['user-agent'], /^ai-gateway\//);
    }
    const [{ headers, path, json: own }] = json.requests;
    assert.deepEqual([path, headers.authorization, headers['x-from']],
      [`/${kHookSecret}`, `Bearer ${kTokenSecret}`, 'gateway']);
    assert.match(own.time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d$/);
    assert.equal(own.level, null);

    assert.match(slack.requests[0].json.text, /^🔴 The new configuration has 1 problem\n[^]*&lt;m&gt;/);
    const { embeds, allowed_mentions: mentions } = discord.requests[0].json;
    assert.deepEqual(mentions, { parse: [] });
    assert.equal(embeds[0].title, '🔴 The new configuration has 1 problem');
    assert.match(embeds[0].description, /\\<m\\>/);
    assert.equal(ntfy.requests[0].path, '/push/');
    assert.equal(ntfy.requests[0].headers.authorization, `Bearer ${kTokenSecret}`);
    assert.equal(ntfy.requests[0].json.topic, 'my-topic');
    assert.equal(ntfy.requests[0].json.priority, 4);
    assert.equal(gotify.requests[0].path, '/gotify/message');
    assert.equal(gotify.requests[0].headers['x-gotify-key'], kTokenSecret);
    assert.equal(gotify.requests[0].json.priority, 8);
  }));

  it('a receiver hears of the events that it wants, of the others not', () => house({
    receivers: { downs: takes, all: takes },
    webhooks: ({ downs, all }) => [hookOf(downs, { events: ['provider_down', 'quota_exhausted'] }), hookOf(all)],
    serve: { a: [status(500), status(500), status(500), says('hi')] },
  }, async ({ gateway, downs, all }) => {
    await chats(gateway, 3);
    await downs.request(1);
    await chats(gateway, 1);
    await all.request(2);
    await assertTold(gateway, downs, ['provider_down provider a']);
  }));

  it('an alert is tried again after a 500, and after as long as the receiver asks for', () => house({
    receivers: { hook: [status(500), status(429, { headers: { 'retry-after': '1' } }), takes] },
    webhooks: ({ hook }) => [hookOf(hook)],
  }, async ({ gateway, hook }) => {
    await gateway.reload('{');
    const first = await hook.request(1);
    assert.deepEqual((await hook.request(2)).json, first.json);
  }));

  it('what a receiver refuses is not tried again, and what opens it is nowhere shown', () => house({
    receivers: { hook: status(404), other: takes },
    webhooks: ({ hook, other }) => [
      hookOf(hook, { token: kTokenSecret, headers: { 'X-Auth': kHeaderSecret } }), hookOf(other)],
  }, async ({ gateway, hook, other }) => {
    await gateway.reload('{');
    const line = await gateway.waitForLog(/Alert not sent.*/);
    assert.match(line[0], /event=reload_failed to=http:\/\/127\.0\.0\.1:\d+ tries=1 reason="?status 404/);
    await gateway.reload(kBroken(1));
    await hook.request(2);
    await other.request(2);
    assertNowhere(gateway, [kHookSecret, kTokenSecret, kHeaderSecret]);
  }));

  it('receivers that are dead or silent hold up nobody, nor the end of the gateway', () => house({
    receivers: { silent: hang, hook: takes },
    webhooks: ({ silent, hook }) => [
      hookOf(silent), { url: `${kRefusedEndpoint}/${kHookSecret}` }, hookOf(hook)],
  }, async ({ gateway, silent }) => {
    for (let i = 0; i < 150; ++i) assert.equal((await gateway.reload(kBroken(i))).status, 400);
    await silent.request(1);
    assert.equal((await gateway.chat('m')).status, 200);
    const dropped = `Dropped alerts to=${addressOf(silent, '')}`;
    await gateway.waitForLog(new RegExp(dropped));
    assert.equal(gateway.logLines(dropped).length, 1);
    assertNowhere(gateway, [kHookSecret]);
  }));

  it('a reload changes who is told, at once', () => house({
    receivers: { before: takes, now: takes }, webhooks: ({ before }) => [hookOf(before)],
  }, async ({ gateway, before, now, made }) => {
    await gateway.reload('{');
    await before.request(1);
    const changed = { ...made, _global: { webhooks: [hookOf(now)] } };
    assert.equal((await gateway.reload(changed)).status, 200);
    await assertTold(gateway, now, []);
    assert.equal(before.requests.length, 1);
    const told = now.requests.length;
    assert.equal((await gateway.reload({ ...made, _global: {} })).status, 200);
    await gateway.reload('{');
    assert.equal((await gateway.reload(made)).status, 200);
    await gateway.reload('{');
    await before.request(2);
    assert.deepEqual([before.requests.length, now.requests.length], [2, told]);
  }));

  it('webhooks that can\'t work are refused, without a word of what opens them', async () => {
    const folder = temporaryFolder();
    const file = `${folder}/provider.json`;
    const webhooks = [{ url: `http://a b/${kHookSecret}` }, { url: `https://ntfy.sh/${kHookSecret}/`, format: 'ntfy' },
      { url: `http://a/${kHookSecret}`, event: [] }, { url: `http://a/${kHookSecret}`, format: 'gotify' }];
    fs.writeFileSync(file, JSON.stringify({ _global: { webhooks }, m: { providers: [{ name: 'p', type: 'mock' }] } }));
    const { code, output } = await runBinary(['check', file]);
    assert.equal(code, 1);
    for (const problem of [/webhooks\[0\]\.url: the host is not/, /webhooks\[1\]: an ntfy URL ends with its topic/,
      /webhooks\[2\]\.event: unknown field, did you mean "events"/, /webhooks\[3\]: Gotify asks for the token/]) {
      assert.match(output, problem);
    }
    assert.ok(!output.includes(kHookSecret), output);
    removeFolder(folder);
  });
});
