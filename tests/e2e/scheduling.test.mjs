// Who is picked: tiers, weights and the other strategies, and who is not available.
import assert from 'node:assert/strict';

import { dailyIn, kYearly } from './lib/cron.mjs';
import { assertAnsweredBy, assertError } from './lib/expect.mjs';
import { scenarios } from './lib/scenario.mjs';
import { afterRelease, says, status } from './lib/upstream.mjs';
import { eventually } from './lib/wait.mjs';

const kTier = {
  a: { serve: says('from a'), priority: 1, weight: 5 },
  b: { serve: says('from b'), priority: 1, weight: 3 },
  c: { serve: says('from c'), priority: 1, weight: 2 },
};

function counts(...upstreams) {
  return upstreams.map((upstream) => upstream.requests.length);
}

async function inSequence(chat, rounds) {
  const names = [];
  for (let round = 0; round < rounds; ++round) names.push((await chat()).headers['x-gateway-provider']);
  return names;
}

function share(names, name) {
  return names.filter((one) => one === name).length;
}

scenarios('scheduling: weights', {}, (scenario) => {
  scenario('weights 5, 3, 2 give exactly 5, 3, 2 in every 10', { providers: kTier }, async ({ chat }) => {
    const names = await inSequence(chat, 30);
    for (let from = 0; from + 10 <= names.length; ++from) {
      const ten = names.slice(from, from + 10);
      assert.deepEqual(['a', 'b', 'c'].map((name) => share(ten, name)), [5, 3, 2], ten.join(' '));
    }
  });

  scenario('a heavy provider does not get its share in one burst', { providers: kTier }, async ({ chat }) => {
    const names = await inSequence(chat, 20);
    assert.ok(!/a a a/.test(names.join(' ')), names.join(' '));
  });

  for (const requests of [20, 100]) {
    scenario(`weights are exact for ${requests} requests at once`, { providers: kTier }, async ({ chat, a, b, c }) => {
      const replies = await Promise.all(Array.from({ length: requests }, () => chat()));
      assert.ok(replies.every((reply) => reply.status === 200));
      assert.deepEqual(counts(a, b, c), [requests / 2, requests * 0.3, requests / 5]);
    });
  }

  scenario('weight 0 is for when the others can not', {
    providers: {
      a: { serve: [says('a'), says('a'), says('a'), status(429)], priority: 1, weight: 10 },
      b: { serve: says('b'), priority: 1, weight: 0 },
    },
  }, async ({ chat }) => assert.deepEqual(await inSequence(chat, 5), ['a', 'a', 'a', 'b', 'b']));
});

scenarios('scheduling: tiers', {}, (scenario) => {
  scenario('the smallest priority is used first, whatever the order in the file and the weights', {
    providers: {
      a: { serve: says('a'), priority: 20, weight: 100 },
      b: { serve: says('b'), priority: 3, weight: 1 },
      c: { serve: says('c'), priority: 10, weight: 100 },
    },
  }, async ({ chat }) => assert.deepEqual(await inSequence(chat, 3), ['b', 'b', 'b']));

  scenario('a disabled provider is never asked', {
    providers: { a: { serve: says('a'), enabled: false }, b: { serve: says('b') } },
  }, async ({ chat, provider, a }) => {
    assertAnsweredBy(await chat(), 'b', 1);
    assert.equal(a.requests.length, 0);
    const disabled = await provider('a');
    assert.equal(disabled.enabled, false);
    assert.equal(disabled.available, false);
  });

  scenario('a provider whose variable is unset is skipped, and the reason is shown', {
    providers: { a: { serve: says('a'), api_key: '${E2E_KEY_THAT_NOBODY_SETS}' }, b: { serve: says('b') } },
  }, async ({ chat, provider }) => {
    assertAnsweredBy(await chat(), 'b', 1);
    const unset = await provider('a');
    assert.equal(unset.available, false);
    assert.match(unset.reason, /E2E_KEY_THAT_NOBODY_SETS/);
  });

  scenario('a model without an available provider is a 502 or 503, not a hang', {
    providers: { a: { serve: says('a'), enabled: false } },
  }, async ({ chat }) => {
    const reply = await chat();
    assert.ok([502, 503].includes(reply.status), reply.text);
    assertError(reply, reply.status);
  });

  scenario('a prompt that is too long for a provider goes to the next', {
    providers: { a: { serve: says('a'), max_context_length: 100 },
      b: { serve: says('b'), max_context_length: 100_000 } },
  }, async ({ chat }) => {
    assertAnsweredBy(await chat(), 'a', 1);
    assertAnsweredBy(await chat({ messages: [{ role: 'user', content: 'word '.repeat(2000) }] }), 'b', 1);
    assertAnsweredBy(await chat(), 'a', 1);
  });
});

scenarios('scheduling: strategies', {}, (scenario) => {
  scenario('round_robin ignores weights', { strategy: 'round_robin', providers: kTier }, async ({ chat }) => {
    const names = await inSequence(chat, 9);
    for (let from = 0; from < 9; from += 3) assert.equal(new Set(names.slice(from, from + 3)).size, 3, names.join(' '));
  });

  scenario('random asks everybody some day', { strategy: 'random', providers: kTier }, async ({ chat, a, b, c }) => {
    await eventually(async () => {
      assert.equal((await chat()).status, 200);
      return counts(a, b, c).every((count) => count > 0);
    }, 'a request at each provider');
  });

  scenario('least_connections picks who has least to do', {
    strategy: 'least_connections',
    providers: {
      a: { serve: afterRelease(says('a')), priority: 1, weight: 10 },
      b: { serve: afterRelease(says('b')), priority: 1, weight: 10 },
    },
  }, async ({ chat, a, b }) => {
    const answers = [];
    for (let sent = 1; sent <= 4; ++sent) {
      answers.push(chat());
      await eventually(() => a.requests.length + b.requests.length === sent, `request ${sent}`);
    }
    assert.deepEqual(counts(a, b), [2, 2]);
    a.release();
    a.release();
    await eventually(async () => answeredBy(answers, 'a', 2), 'both answers of a');
    answers.push(chat(), chat());
    await eventually(() => a.requests.length + b.requests.length === 6, 'two more requests');
    assert.deepEqual(counts(a, b), [4, 2], 'a has finished, b has not');
    for (const upstream of [a, a, b, b]) upstream.release();
    await Promise.all(answers);
  });

  scenario('latency tries everybody and answers', {
    strategy: 'latency',
    providers: {
      a: { serve: says('a'), priority: 1 }, b: { serve: says('b'), priority: 1 }, c: { serve: says('c'), priority: 2 },
    },
  }, async ({ chat, a, b, c }) => {
    await eventually(async () => {
      assert.equal((await chat()).status, 200);
      return counts(a, b).every((count) => count > 0);
    }, 'a request at each provider of the tier');
    assert.equal(c.requests.length, 0, 'another tier is not explored');
  });

  for (const strategy of ['weighted', 'round_robin', 'random', 'least_connections', 'latency', 'expiring']) {
    scenario(`${strategy} finishes a tier before the next one`, {
      strategy,
      providers: {
        a: { serve: status(500), priority: 1 }, b: { serve: status(500), priority: 1 },
        c: { serve: says('c'), priority: 2 }, d: { serve: says('d'), priority: 3 },
      },
    }, async ({ chat, a, b, d }) => {
      assertAnsweredBy(await chat(), 'c', 3);
      assert.deepEqual(counts(a, b, d), [1, 1, 0]);
    });
  }
});

scenarios('scheduling: expiring', { env: { TZ: 'UTC' } }, (scenario) => {
  const limit = (requests, cron) => ({ rate_limit: { requests_per_period: requests, period_cron: cron } });
  // All in one tier, and listed against the order in which they are to be used.
  const tierOf = (soon, later) => ({
    free: { serve: says('from free'), priority: 1 },
    later: { serve: says('from later'), priority: 1, ...later },
    soon: { serve: says('from soon'), priority: 1, ...soon },
  });

  // In eleven minutes even the pace of three requests an hour leaves something of four.
  scenario('the quota that is reset first is used up first, who has none comes last', {
    strategy: 'expiring', providers: tierOf(limit(4, dailyIn(11)), limit(3, kYearly)),
  }, async ({ chat }) => {
    assert.deepEqual(await inSequence(chat, 9),
      ['soon', 'soon', 'soon', 'soon', 'later', 'later', 'later', 'free', 'free']);
  });

  // One request an hour is more than is left for five hours.
  scenario('a quota that will be used up before its reset anyway can wait', {
    strategy: 'expiring', providers: tierOf(limit(4, dailyIn(300)), limit(1_000_000, kYearly)),
  }, async ({ chat }) => assert.deepEqual(await inSequence(chat, 4), ['soon', 'later', 'later', 'later']));
});

// Whether `count` of the answers have come from the provider.
async function answeredBy(answers, name, count) {
  const pending = Symbol('pending');
  const now = await Promise.all(answers.map((answer) => Promise.race([answer, Promise.resolve(pending)])));
  return now.filter((reply) => reply !== pending && reply.headers['x-gateway-provider'] === name).length === count;
}
