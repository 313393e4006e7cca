// What an exchange in flight holds of its provider's quota: an estimate of the tokens that it will have used.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { kYearly } from './lib/cron.mjs';
import { assertAnsweredBy } from './lib/expect.mjs';
import { chatBody, Gateway } from './lib/gateway.mjs';
import { entryOf, scenarios } from './lib/scenario.mjs';
import { afterRelease, chunk, cut, json, says, sse, Upstream } from './lib/upstream.mjs';
import { eventually } from './lib/wait.mjs';

// A token for every four bytes of the body.
const tokensOf = (body) => Math.ceil(JSON.stringify(body).length / 4);
const answerOf = (tokens) => says('hi', { usage: { prompt_tokens: 7, completion_tokens: tokens } });

scenarios('reservations', {}, (scenario) => {
  // What provider `a` holds of its quota while the next chat with `members` is in flight, beside its prompt. Its script
  // must stop there.
  const heldBy = async ({ startChat, body, stats, a }, members = {}) => {
    await eventually(async () => (await stats()).a.reserved_tokens === 0, 'the end of what was in flight before');
    const { answered } = startChat(members);
    await a.request(a.requests.length + 1);
    const held = (await stats()).a.reserved_tokens - tokensOf(body(members));
    a.release();
    assert.equal((await answered).statusCode, 200);
    return held;
  };

  scenario('each choice may be as long as max_tokens', {
    providers: { a: { serve: [answerOf(40), afterRelease(answerOf(40))] } },
  }, async (house) => {
    await house.chat();
    assert.equal(await heldBy(house, { max_tokens: 50 }), 50);
    assert.equal(await heldBy(house, { max_completion_tokens: 50, n: 3 }), 150);
  });

  scenario('without max_tokens an answer is expected to be as long as the average one', {
    providers: { a: { serve: [afterRelease(answerOf(40)), afterRelease(answerOf(100)), afterRelease(says('hi'))] } },
  }, async (house) => {
    assert.equal(await heldBy(house), 0);
    assert.equal(await heldBy(house), 40);
    assert.equal(await heldBy(house, { n: 3 }), 46);
  });

  scenario('the average is the route\'s, whichever provider answered', {
    providers: { z: { serve: answerOf(40), rate_limit: { requests_per_period: 1, period_cron: kYearly } },
      a: { serve: afterRelease(answerOf(40)) } },
  }, async (house) => {
    assertAnsweredBy(await house.chat(), 'z', 1);
    assert.equal(await heldBy(house), 40);
  });

  scenario('neither a cut answer nor one of another kind counts for the average', {
    providers: { a: { serve: [answerOf(40), sse(chunk({ content: 'many words '.repeat(100) }), cut),
      json({ object: 'list', data: [{ embedding: [0.5] }], usage: { prompt_tokens: 4, completion_tokens: 900 } }),
      afterRelease(answerOf(40))] } },
  }, async (house) => {
    await house.chat();
    await (await house.stream()).rest();
    assert.equal((await house.post('/v1/embeddings', { input: 'words' })).status, 200);
    assert.equal(await heldBy(house), 40);
  });

  scenario('a request finds no room beside the average answer of another one', {
    providers: { a: { serve: [answerOf(40), afterRelease(answerOf(40))],
      rate_limit: { tokens_per_period: 100, period_cron: kYearly } }, b: { serve: says('from b') } },
  }, async ({ chat, startChat, a }) => {
    assertAnsweredBy(await chat(), 'a', 1);
    const { answered } = startChat();
    await a.request(2);
    assertAnsweredBy(await chat(), 'b', 1);
    a.release();
    await answered;
  });

  scenario('a reload keeps the average', {
    providers: { a: { serve: [answerOf(40), answerOf(100), afterRelease(answerOf(40))] } },
  }, async (house) => {
    for (let round = 0; round < 2; ++round) await house.chat();
    assert.equal((await house.gateway.reload()).status, 200);
    assert.equal(await heldBy(house), 46);
  });
});

test('after a restart the average is that of all answers before', async () => {
  const upstream = await Upstream.start([answerOf(10), answerOf(100), afterRelease(answerOf(10))]);
  const config = { model: { providers: [entryOf('a', { serve: [] }, upstream)] } };
  const before = await Gateway.start(config);
  for (let round = 0; round < 2; ++round) await before.chat('model');
  assert.equal(await before.stop({ keepFolder: true }), 0);
  const gateway = await Gateway.start(config, { folder: before.folder });
  const { answered } = gateway.startChat('model');
  await upstream.request(3);
  assert.equal((await gateway.stats()).model.a.reserved_tokens, tokensOf(chatBody('model')) + 55);
  upstream.release();
  await answered;
  assert.equal(await gateway.stop(), 0);
  await upstream.stop();
});
