// Keys that are made while the gateway runs: what each change answers and does, and what is refused.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';

import { assertError } from './lib/expect.mjs';
import { Gateway } from './lib/gateway.mjs';
import { Admin, assertNowhere, bearer, kAdminKey, kMock, sha256, statusOf } from './lib/keys.mjs';
import { eventually } from './lib/wait.mjs';

const kFixed = 'sk-test-fixed-0123456789';
const kConfig = { _global: { admin_key: kAdminKey }, _keys: { fixed: { key: kFixed } }, model: kMock };
const kSecret = /^sk-gw-[\w-]{43}$/;
const keyFileOf = (gateway) => path.join(gateway.dataFolder, 'keys.json');

// What can be set at a key, as it is shown.
function settingsOf({ owner, role, enabled, expires, models, allowed_ips, choose_strategy, limits, budget }) {
  return { owner, role, enabled, expires, models, allowed_ips, choose_strategy, limits, budget };
}

describe('keys made at run time', { concurrency: 4 }, () => {
  let gateway;
  let admin;
  before(async () => {
    gateway = await Gateway.start(kConfig, { env: { TZ: 'UTC', NOT_TO_BE_READ: 'a-variable-0123456789' } });
    admin = new Admin(gateway);
  });
  after(async () => {
    assertNowhere(gateway, [...admin.secrets, kAdminKey, kFixed]);
    assert.equal(await gateway.stop(), 0);
  });

  it('come with their secret once, and never again', async () => {
    const made = await admin.create('once');
    assert.match(made.secret, kSecret);
    assert.equal((await gateway.get('/v1/usage', bearer(made.secret))).json.key, 'once');
    assert.equal((await gateway.chat('model', {}, bearer(made.secret))).status, 200);
    const rotated = (await admin.rotate('once', { grace: 60 })).json;
    assert.match(rotated.secret, kSecret);
    assert.notEqual(rotated.secret, made.secret);
    for (const reply of [await admin.get('/keys/once'), await admin.get('/keys'), await admin.get('/owners'),
      await admin.change('once', { owner: 'ada' }), await gateway.get('/v1/usage', bearer(rotated.secret)),
      await admin.delete('once')]) {
      assert.equal(reply.status, 200, reply.text);
      for (const secret of [made.secret, rotated.secret]) {
        assert.ok(!reply.text.includes(secret) && !reply.text.includes(sha256(secret)), reply.text);
      }
    }
  });

  it('are those that their settings say', async () => {
    const settings = { owner: 'ada', role: 'admin', enabled: false, expires: '2030-12-31T18:00:00Z',
      models: ['gpt-*', '!gpt-*-pro'], allowed_ips: ['10.0.0.0/8'], choose_strategy: true,
      limits: { requests_per_minute: 3, max_concurrent: 2, queue: true, queue_timeout: 1.5 },
      budget: { cost_per_period: 0.25, tokens_per_period: 1000, period: 'never' } };
    const shown = { ...settings, expires: '2030-12-31T18:00:00+00:00',
      limits: { requests_per_minute: 3, tokens_per_minute: null, max_concurrent: 2, queue: true, queue_timeout: 1.5 },
      budget: [{ tokens_per_period: 1000, cost_per_period: 0.25, period: 'never' }] };
    const made = await admin.create('settings', settings);
    assert.deepEqual(settingsOf(made), shown);
    assert.deepEqual(settingsOf(await admin.key('settings')), shown);
    const bare = settingsOf(await admin.create('bare'));
    assert.deepEqual(bare, { owner: null, role: 'user', enabled: true, expires: null, models: [], allowed_ips: [],
      choose_strategy: false, limits: null, budget: null });
    assert.deepEqual((await admin.key('bare')).source, 'run_time');
  });

  it('are changed in what a patch names, in the depth, and null takes back', async () => {
    const made = await admin.create('patched', { owner: 'ada', models: ['a', 'b'],
      limits: { requests_per_minute: 3, max_concurrent: 2 }, budget: { requests_per_period: 5, period: '7d' } });
    const change = async (patch) => settingsOf((await admin.change('patched', patch)).json);
    let now = settingsOf(made);
    assert.deepEqual(await change({}), now);
    now = { ...now, models: ['c'], limits: { ...now.limits, requests_per_minute: 30 } };
    assert.deepEqual(await change({ models: ['c'], limits: { requests_per_minute: 30 } }), now);
    now = { ...now, owner: null, limits: { ...now.limits, max_concurrent: null } };
    assert.deepEqual(await change({ owner: null, limits: { max_concurrent: null } }), now);
    now = { ...now, models: [], limits: null, budget: null };
    assert.deepEqual(await change({ models: null, limits: null, budget: null }), now);
    assert.deepEqual(settingsOf(await admin.key('patched')), now);
    assert.equal(await statusOf(gateway, made.secret), 200);
  });

  it('obey a change at once', async () => {
    const { secret } = await admin.create('obeys');
    const ask = async () => (await gateway.chat('model', {}, bearer(secret))).status;
    for (const [setting, value, status] of [['enabled', false, 401], ['expires', '2020-01-01', 401],
      ['allowed_ips', ['10.0.0.0/8'], 403], ['models', ['other'], 403]]) {
      assert.equal(await ask(), 200, setting);
      await admin.change('obeys', { [setting]: value });
      assert.equal(await ask(), status, setting);
      await admin.change('obeys', { [setting]: null });
    }
    assert.equal((await gateway.get('/admin/keys', bearer(secret))).status, 403);
    await admin.change('obeys', { role: 'admin' });
    assert.equal((await gateway.get('/admin/keys', bearer(secret))).status, 200);
    assert.equal((await admin.delete('obeys')).status, 200);
    assert.equal(await ask(), 401);
    assert.equal((await admin.get('/keys/obeys')).status, 404);
  });

  it('have their old secret for the grace after a rotation, and not for a moment without one', async () => {
    const { secret: first } = await admin.create('rotates');
    const { secret: second, old_secret_until: until } = (await admin.rotate('rotates', { grace: 3600 })).json;
    assert.ok(Date.parse(until) > Date.now(), until);
    assert.equal((await admin.key('rotates')).old_secret_until, until);
    for (const secret of [first, second]) assert.equal(await statusOf(gateway, secret), 200);

    const third = (await admin.rotate('rotates', { grace: 3600 })).json.secret;
    assert.deepEqual(await Promise.all([first, second, third].map((secret) => statusOf(gateway, secret))),
      [401, 200, 200], 'one old secret is good at most');

    const ended = (await admin.rotate('rotates', { grace: 0 })).json;
    assert.equal(ended.old_secret_until, null);
    assert.deepEqual(await Promise.all([first, second, third, ended.secret].map((secret) => statusOf(gateway, secret))),
      [401, 401, 401, 200]);
  });

  it('end by themselves, with their old secret first', async () => {
    const { secret: old } = await admin.create('ends');
    const { secret } = (await admin.rotate('ends', { grace: 1 })).json;
    await eventually(async () => await statusOf(gateway, old) === 401, 'the end of the grace');
    assert.equal(await statusOf(gateway, secret), 200);
    assert.equal((await admin.key('ends')).old_secret_until, null);
    await admin.change('ends', { expires: new Date(Date.now() + 1000).toISOString().slice(0, 19) + 'Z' });
    await eventually(async () => await statusOf(gateway, secret) === 401, 'the end of the key');
    assert.equal((await admin.key('ends')).expired, true);
  });

  it('are counted by name, and begin anew when their counter is reset', async () => {
    const { secret } = await admin.create('spends', { budget: { requests_per_period: 1, period: 'never' } });
    const ask = async () => (await gateway.chat('model', {}, bearer(secret))).status;
    assert.deepEqual([await ask(), await ask()], [200, 429]);
    assert.equal((await admin.key('spends')).usage.requests, 1);
    assert.equal((await admin.request('DELETE', '/usage/_keys/spends')).status, 200);
    assert.deepEqual([await ask(), await ask()], [200, 429]);
  });

  it('have a day of grace if a rotation says nothing', async () => {
    await admin.create('a-day');
    const { old_secret_until: until } = (await admin.rotate('a-day')).json;
    const hours = (Date.parse(until) - Date.now()) / 3_600_000;
    assert.ok(hours > 23 && hours < 25, until);
  });

  it('keep their grace and their secrets through a change', async () => {
    const { secret: old } = await admin.create('both');
    const { secret } = (await admin.rotate('both', { grace: 3600 })).json;
    const { old_secret_until: until } = (await admin.change('both', { owner: 'ada' })).json;
    assert.ok(until);
    for (const one of [old, secret]) assert.equal(await statusOf(gateway, one), 200);
  });

  const kRefused = [
    ['an unknown field', { modles: [] }, /modles: unknown field/],
    ['a secret', { key: 'sk-chosen-by-a-person' }, /key: unknown field/],
    ['a digest', { sha256: sha256('x') }, /sha256: unknown field/],
    ['digests', { digests: [] }, /digests: unknown field/],
    ['an unknown role', { role: 'root' }, /role: .*"root".*"admin"/],
    ['a role in another case', { role: 'Admin' }, /role: /],
    ['a text for a list', { models: 'gpt-4o' }, /models: expected an array/],
    ['a number among the models', { models: ['a', 5] }, /models\[1\]: /],
    ['an empty model', { models: ['!'] }, /models\[0\]: /],
    ['a day that is none', { expires: '2026-02-30' }, /expires: expected a day/],
    ['a text for a boolean', { enabled: 'no' }, /enabled: expected true or false/],
    ['an address that is none', { allowed_ips: ['10.0.0.0/33'] }, /allowed_ips\[0\]: /],
    ['limits without one', { limits: { queue: true } }, /limits: /],
    ['an unknown limit', { limits: { requests_per_second: 1 } }, /limits\.requests_per_second: unknown field/],
    ['a limit of nothing', { limits: { requests_per_minute: 0 } }, /limits\.requests_per_minute: /],
    ['half a request', { limits: { requests_per_minute: 1.5 } }, /limits\.requests_per_minute: /],
    ['a budget without a limit', { budget: { period: 'never' } }, /budget: /],
    ['a budget in tenths of nano-dollars', { budget: { cost_per_period: 0.0000000001 } }, /budget\.cost_per_period: /],
    ['a budget of a debt', { budget: { cost_per_period: -1 } }, /budget\.cost_per_period: /],
    ['a budget that resets when it can\'t', { budget: { requests_per_period: 1, period_cron: '61 * * * *' } },
      /budget\.period_cron: /],
    ['two windows with one wrong', { budget: [{ requests_per_period: 1 }, { period: '5h' }] }, /budget\[1\]: /],
    ['an owner that stands for all', { owner: '*' }, /owner: /],
    ['an owner with a slash', { owner: 'a/b' }, /owner: /],
    ['an owner that is a number', { owner: 5 }, /owner: expected a string/],
  ];
  for (const [what, settings, says] of kRefused) {
    it(`are refused with ${what}, and stay as they were`, async () => {
      const name = `refused-${sha256(what).slice(0, 8)}`;
      assert.match(assertError(await admin.request('POST', '/keys', { name, ...settings }), 400).message, says);
      assert.equal((await admin.get(`/keys/${name}`)).status, 404);
      const before = settingsOf(await admin.create(name, { owner: 'ada', limits: { max_concurrent: 5 } }));
      // A limit that is added to those that are there is no limit that is missing.
      const patch = settings.limits?.queue ? { limits: { max_concurrent: null } } : settings;
      assert.match(assertError(await admin.change(name, patch), 400).message, says);
      assert.deepEqual(settingsOf(await admin.key(name)), before);
    });
  }

  it('are refused with all that is wrong at once', async () => {
    const reply = await admin.request('POST', '/keys', { name: 'a b', roles: 'x', models: 1 });
    const { message } = assertError(reply, 400);
    for (const says of [/name: /, /roles: unknown field/, /models: /]) assert.match(message, says);
  });

  it('are refused with a name that is none or taken', async () => {
    for (const name of ['', 'a b', 'a/b', '../x', 'jwt', 'api_key', 'admin_key', '-', 'ä', 'x'.repeat(101)]) {
      assert.match(assertError(await admin.request('POST', '/keys', { name }), 400).message, /name: /);
    }
    for (const body of [{}, { name: 5 }, { name: null }]) {
      assert.match(assertError(await admin.request('POST', '/keys', body), 400).message, /"name" is required/);
    }
    await admin.create('x'.repeat(100));
    await admin.create('taken');
    assert.match(assertError(await admin.request('POST', '/keys', { name: 'taken' }), 409).message, /taken/);
    assert.match(assertError(await admin.request('POST', '/keys', { name: 'fixed' }), 409).message, /'fixed'/);
    assert.match(assertError(await admin.change('taken', { name: 'other' }), 400).message, /name: unknown field/);
  });

  it('are refused with a body that is no JSON object', async () => {
    await admin.create('body');
    for (const body of ['{"name": "half', '[]', '"name"', 'null', '{"name":"twice","name":"twice"}',
      '['.repeat(5000), '\xff']) {
      for (const reply of [await admin.request('POST', '/keys', body), await admin.change('body', body)]) {
        assertError(reply, 400);
      }
    }
    assertError(await admin.request('POST', '/keys', { name: 'large', models: ['x'.repeat(70_000)] }), 400);
    assertError(await admin.request('POST', '/keys', ' '.repeat(2 << 20)), 413);
    assert.equal((await admin.get('/keys/large')).status, 404);
  });

  it('are not rotated by a grace that is none', async () => {
    const { secret } = await admin.create('grace');
    for (const body of [{ grace: -1 }, { grace: '60' }, { grace: null }, { grace: 31_536_001 }, { graec: 60 },
      { grace: true }]) {
      assert.match(assertError(await admin.rotate('grace', body), 400).message, /"grace"/);
    }
    assert.equal(await statusOf(gateway, secret), 200);
    assert.equal((await admin.key('grace')).old_secret_until, null);
  });

  it('that are not there can not be changed', async () => {
    for (const reply of [await admin.change('nobody', { role: 'boss' }), await admin.rotate('nobody', { grace: -1 }),
      await admin.delete('nobody'), await admin.get('/keys/nobody'), await admin.delete('admin_key')]) {
      assert.match(assertError(reply, 404).message, /There is no key/);
    }
  });

  it('read no variable of the gateway', async () => {
    const { owner } = await admin.create('variable', { owner: '${NOT_TO_BE_READ}' });
    assert.equal(owner, '${NOT_TO_BE_READ}');
  });

  it('have a budget that is what was written, to the nano-dollar', async () => {
    const { budget } = await admin.create('exact', { budget: { cost_per_period: 0.123456789, period: 'never' } });
    assert.equal(budget[0].cost_per_period, 0.123456789);
  });

  it('of one name are made once, however many ask at once', async () => {
    const replies = await Promise.all(Array.from({ length: 20 },
      () => admin.request('POST', '/keys', { name: 'raced' })));
    assert.deepEqual(replies.map(({ status }) => status).sort(), [201, ...Array(19).fill(409)]);
    const { secret } = replies.find(({ status }) => status === 201).json;
    assert.equal(await statusOf(gateway, secret), 200);
  });

  it('can be called anything that a name may be', async () => {
    await admin.create('anna@home.example_1-2');
    for (const name of ['anna@home.example_1-2', 'anna%40home.example_1-2']) {
      assert.equal((await admin.key(name)).name, 'anna@home.example_1-2');
    }
  });

  it('stand in a file for the owner of the process alone, without their secrets', async () => {
    const { secret } = await admin.create('in-file');
    await admin.change('in-file', { owner: 'ada' });
    assert.equal(fs.statSync(keyFileOf(gateway)).mode & 0o777, 0o600);
    const { keys } = JSON.parse(fs.readFileSync(keyFileOf(gateway), 'utf8'));
    const { digests, settings } = keys.find(({ name }) => name === 'in-file');
    assert.deepEqual([digests, settings], [[{ sha256: sha256(secret) }], { owner: 'ada' }]);
  });
});
