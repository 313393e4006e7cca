// Limits over a period: exact under concurrency, and still known after a restart.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { kYearly } from './lib/cron.mjs';
import { assertAnsweredBy, assertError, assertRetryAfter } from './lib/expect.mjs';
import { Gateway } from './lib/gateway.mjs';
import { entryOf, scenarios } from './lib/scenario.mjs';
import { chunk, cut, hold, says, sse, status, Upstream } from './lib/upstream.mjs';
import { eventually } from './lib/wait.mjs';

const limitOf = (requests) => ({ requests_per_period: requests, period_cron: kYearly });

scenarios('quotas', {}, (scenario) => {
  scenario('a limit of 10 lets exactly 10 of 50 requests at once through', {
    providers: { a: { serve: says('from a'), rate_limit: limitOf(10) }, b: { serve: says('from b') } },
  }, async ({ chat, provider, a, b }) => {
    const replies = await Promise.all(Array.from({ length: 50 }, () => chat()));
    assert.ok(replies.every((reply) => reply.status === 200));
    assert.equal(a.requests.length, 10);
    assert.equal(b.requests.length, 40);
    const { available, reason, until } = await provider('a');
    assert.equal(available, false);
    assert.match(reason, /^quota used up: \d+ of \d+ requests \(period 0 0 1 \d+ \*\)$/);
    assert.ok(until, 'it says until when');
  });

  scenario('a stream counts like any other request', {
    providers: { a: { serve: says('from a'), rate_limit: limitOf(2) }, b: { serve: says('from b') } },
  }, async ({ stream }) => {
    const names = [];
    for (let round = 0; round < 3; ++round) {
      const answer = await stream();
      names.push(answer.headers['x-gateway-provider']);
      await answer.rest();
    }
    assert.deepEqual(names, ['a', 'a', 'b']);
  });

  scenario('a failed attempt gives its place back', {
    providers: { a: { serve: [status(503), says('from a')], rate_limit: limitOf(1) }, b: { serve: says('from b') } },
  }, async ({ chat }) => {
    assertAnsweredBy(await chat(), 'b', 2);
    assertAnsweredBy(await chat(), 'a', 1);
    assertAnsweredBy(await chat(), 'b', 1);
  });

  scenario('a limit of tokens ends when they are used up', {
    providers: {
      a: { serve: says('from a'), rate_limit: { tokens_per_period: 30, period_cron: kYearly } },
        b: { serve: says('from b') },
    },
  }, async ({ chat, stats, a }) => {
    for (let round = 0; round < 8; ++round) assert.equal((await chat()).status, 200);
    assert.ok(a.requests.length >= 1 && a.requests.length <= 3, `${a.requests.length} answers of 12 tokens`);
    assert.equal((await stats()).a.tokens, 12 * a.requests.length);
    assert.equal((await stats()).a.limit_tokens, 30);
  });

  scenario('everybody out of quota is a 429 that says when to come back', {
    providers: { a: { serve: says('a'), rate_limit: limitOf(1) }, b: { serve: says('b'), rate_limit: limitOf(1) } },
  }, async ({ chat, a, b }) => {
    assertAnsweredBy(await chat(), 'a', 1);
    assertAnsweredBy(await chat(), 'b', 1);
    const reply = await chat();
    assertError(reply, 429);
    assertRetryAfter(reply);
    assert.deepEqual([a.requests.length, b.requests.length], [1, 1]);
  });

  scenario('the next reset stands in the stats, in local time', {
    providers: { a: { serve: says('a'), rate_limit: { requests_per_period: 5, period_cron: '30 4 * * *' } } },
  }, async ({ stats }) => {
    const { next_reset: next, last_reset: last } = (await stats()).a;
    assert.match(next, /^\d{4}-\d\d-\d\dT04:30:00$/);
    assert.ok(last < next, `${last} before ${next}`);
  });

  scenario('a stream without usage is counted by estimate', {
    providers: { a: { serve: sse(chunk({ content: 'some words of an answer' }, { finish_reason: 'stop' }),
      'data: [DONE]\n\n') } },
  }, async ({ stream, stats }) => {
    await (await stream()).rest();
    const counted = await eventually(async () => { const { a } = await stats(); return a.requests === 1 && a; },
      'the count');
    assert.ok(counted.tokens > 0);
  });
});

test('an account\'s limit is shared by its models', async () => {
  const upstream = await Upstream.start(says('hi'));
  const spare = await Upstream.start(says('spare'));
  const route = { providers: [{ name: 'p', use: 'account', model: 'm', priority: 1 },
    entryOf('q', { serve: [], priority: 2 }, spare)] };
  const gateway = await Gateway.start({
    _providers: { account: { endpoint: upstream.url, api_key: 'sk-account-0123456789', rate_limit: limitOf(3) } },
      one: route, two: route,
  });
  const names = [];
  for (const model of ['one', 'two', 'one', 'two',
    'one']) names.push((await gateway.chat(model)).headers['x-gateway-provider']);
  assert.deepEqual(names, ['p', 'p', 'p', 'q', 'q']);
  assert.equal(await gateway.stop(), 0);
  await Promise.all([upstream.stop(), spare.stop()]);
});

for (const end of ['stop', 'kill']) {
  test(`counters survive ${end === 'stop' ? 'SIGTERM' : 'SIGKILL'} and a restart`, async () => {
    const limited = await Upstream.start(says('hi'));
    const spare = await Upstream.start(says('spare'));
    const config = { model: { providers: [entryOf('a', { serve: [], priority: 1, rate_limit: limitOf(8) }, limited),
      entryOf('b', { serve: [], priority: 2 }, spare)] } };
    let gateway = await Gateway.start(config);
    await Promise.all(Array.from({ length: 5 }, () => gateway.chat('model')));
    const before = (await gateway.stats()).model.a;
    assert.deepEqual([before.requests, before.tokens], [5, 60]);
    await gateway[end]({ keepFolder: true });

    gateway = await Gateway.start(config, { folder: gateway.folder });
    const after = (await gateway.stats()).model.a;
    assert.deepEqual([after.requests, after.tokens, after.last_reset], [5, 60, before.last_reset]);
    const replies = await Promise.all(Array.from({ length: 6 }, () => gateway.chat('model')));
    assert.ok(replies.every((reply) => reply.status === 200));
    assert.equal(limited.requests.length, 8, 'the limit holds over the restart');
    assert.equal(await gateway.stop(), 0);
    await Promise.all([limited.stop(), spare.stop()]);
  });
}

test('every answer that reached a client before SIGKILL is counted once', async () => {
  const upstream = await Upstream.start(says('hi'));
  const config = { model: { providers: [entryOf('a', { serve: [] }, upstream)] } };
  let gateway = await Gateway.start(config);
  let answered = 0;
  const clients = Array.from({ length: 4 }, async () => {
    for (;;) {
      const reply = await gateway.chat('model').catch(() => null);
      if (reply === null) return;
      answered += 1;
      if (answered === 50) gateway.signal('SIGKILL');
    }
  });
  await Promise.all(clients);
  await gateway.kill({ keepFolder: true });
  gateway = await Gateway.start(config, { folder: gateway.folder });
  const { requests } = (await gateway.stats()).model.a;
  assert.ok(requests >= answered && requests <= answered + 4, `${requests} counted, ${answered} answered`);
  assert.equal(await gateway.stop(), 0);
  await upstream.stop();
});

test('a broken counter file does not keep the gateway from starting', async () => {
  const upstream = await Upstream.start(says('hi'));
  const config = { model: { providers: [entryOf('a', { serve: [], rate_limit: limitOf(5) }, upstream)] } };
  let gateway = await Gateway.start(config);
  assertAnsweredBy(await gateway.chat('model'), 'a', 1);
  assert.equal(await gateway.stop({ keepFolder: true }), 0);
  assert.ok(gateway.breakCounterFiles() > 0, 'counters are kept in files under data/usage');
  gateway = await Gateway.start(config, { folder: gateway.folder });
  assertAnsweredBy(await gateway.chat('model'), 'a', 1);
  assert.equal(await gateway.stop(), 0);
  await upstream.stop();
});

test('a client that leaves holds no place', async () => {
  const upstream = await Upstream.start([sse(chunk({ content: 'one' }), hold, cut), says('next')]);
  const gateway = await Gateway.start({ model: { providers: [entryOf('a', { serve: [] }, upstream)] } });
  const answer = await gateway.stream('model');
  await answer.nextEvent();
  answer.abort();
  await upstream.requests[0].aborted();
  await eventually(async () => (await gateway.providers('model'))[0].in_flight === 0, 'the exchange to end');
  assertAnsweredBy(await gateway.chat('model'), 'a', 1);
  assert.equal(await gateway.stop(), 0);
  await upstream.stop();
});
