// The built-in mock provider: every endpoint without network, and failures on demand.
import assert from 'node:assert/strict';

import { textOf } from './lib/client.mjs';
import { kYearly } from './lib/cron.mjs';
import { assertAnsweredBy, assertError, assertWhole } from './lib/expect.mjs';
import { scenarios } from './lib/scenario.mjs';
import { says } from './lib/upstream.mjs';

const mock = (members = {}, entry = {}) => ({ type: 'mock', model: 'mock-model',
  mock: { latency: 0, tokens_per_second: 10_000, ...members },
  ...entry });

scenarios('mock provider', {}, (scenario) => {
  scenario('chat answers with its text and its usage', { providers: { m: mock({ reply: 'I am a mock.' }) } },
    async ({ chat, stats }) => {
    const reply = await chat();
    assertAnsweredBy(reply, 'm', 1);
    assert.equal(reply.json.object, 'chat.completion');
    assert.equal(reply.content, 'I am a mock.');
    assert.equal(reply.json.choices[0].finish_reason, 'stop');
    const { prompt_tokens: prompt, completion_tokens: completion, total_tokens: total } = reply.json.usage;
    assert.ok(prompt > 0 && completion > 0 && total === prompt + completion);
    assert.equal((await stats()).m.tokens, total);
  });

  scenario('without a text it has something to say all the same', { providers: { m: mock() } }, async ({ chat }) => {
    assert.notEqual((await chat()).content, '');
  });

  scenario('chat streams', { providers: { m: mock({ reply: 'one two three' }) } }, async ({ stream }) => {
    const events = await (await stream()).rest();
    assertWhole(events);
    assert.equal(textOf(events), 'one two three');
    assert.ok(events.length > 4, 'in more than one piece');
    assert.ok(!events.some(({ data }) => data.includes('"usage"')));
  });

  scenario('a stream tells its usage when asked', { providers: { m: mock() } }, async ({ stream }) => {
    const events = await (await stream({ stream_options: { include_usage: true } })).rest();
    assertWhole(events);
    assert.ok(events.at(-2).json.usage.total_tokens > 0);
    assert.deepEqual(events.at(-2).json.choices, []);
  });

  const answers = {
    '/v1/completions': [{ prompt: 'Once' }, (body) => assert.equal(typeof body.choices[0].text, 'string')],
    '/v1/embeddings': [{ input: ['a', 'b'] }, (body) => {
      assert.equal(body.data.length, 2);
      assert.ok(body.data.every(({ embedding }) => embedding.every((value) => typeof value === 'number')));
    }],
    '/v1/responses': [{ input: 'Hi' }, (body) => assert.equal(body.object, 'response')],
    '/v1/moderations': [{ input: 'Hi' }, (body) => assert.equal(body.results[0].flagged, false)],
    '/v1/rerank': [{ query: 'q', documents: ['a', 'b'] }, (body) => assert.equal(body.results.length, 2)],
    '/v1/images/generations': [{ prompt: 'a cat' }, (body) => assert.ok(body.data[0].b64_json || body.data[0].url)],
  };
  for (const [path, [request, check]] of Object.entries(answers)) {
    scenario(`${path} answers`, { providers: { m: mock() } }, async ({ post }) => {
      const reply = await post(path, request);
      assertAnsweredBy(reply, 'm', 1);
      check(reply.json);
    });
  }

  scenario('completions stream', { providers: { m: mock({ reply: 'one two' }) } }, async ({ openStream }) => {
    const events = await (await openStream('/v1/completions', { prompt: 'count' })).rest();
    assertWhole(events);
    assert.equal(events.slice(0, -1).flatMap((event) => event.json.choices).map(({ text }) => text).join(''),
      'one two');
  });

  scenario('embeddings come as base64 when asked', { providers: { m: mock() } }, async ({ post }) => {
    const { data } = (await post('/v1/embeddings', { input: 'a', encoding_format: 'base64' })).json;
    const bytes = Buffer.from(data[0].embedding, 'base64');
    assert.ok(bytes.length > 0 && bytes.length % 4 === 0);
  });

  scenario('speech and transcription answer', { providers: { m: mock() } }, async ({ post, gateway, model }) => {
    const speech = await post('/v1/audio/speech', { input: 'Hello', voice: 'alloy' });
    assert.equal(speech.status, 200);
    assert.match(speech.headers['content-type'], /^audio\//);
    assert.ok(speech.bytes.length > 0);
    const form = `--frontier\r\nContent-Disposition: form-data; name="model"\r\n\r\n${model}\r\n` +
      '--frontier\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\nRIFF\r\n--frontier--\r\n';
    const transcript = await gateway.post('/v1/audio/transcriptions', form,
      { 'content-type': 'multipart/form-data; boundary=frontier' });
    assert.equal(transcript.status, 200, transcript.text);
    assert.equal(typeof transcript.json.text, 'string');
  });

  scenario('a failure rate of 1 fails over', {
    providers: { bad: mock({ failure_rate: 1 }, { retry: 1 }), good: mock({ reply: 'rescued' }) },
  }, async ({ chat, stream }) => {
    const reply = await chat();
    assertAnsweredBy(reply, 'good', 3);
    assert.equal(reply.content, 'rescued');
    assert.equal(textOf(await (await stream()).rest()), 'rescued');
  });

  scenario('its failures have the status that it is told', {
    providers: { bad: mock({ failure_rate: 1, error_status: 429 }, { retry: 3 }),
      real: { serve: says('from outside') } },
  }, async ({ chat, provider }) => {
    assertAnsweredBy(await chat(), 'real', 2);
    assert.equal((await provider('bad')).available, false);
  });

  scenario('mocks that all fail are a 502', { providers: { bad: mock({ failure_rate: 1 }),
    worse: mock({ failure_rate: 1 }) } },
    async ({ chat }) => assertError(await chat(), 502));

  scenario('a quota ends a mock, too', {
    providers: { m: mock({}, { rate_limit: { requests_per_period: 3, period_cron: kYearly } }), spare: mock() },
  }, async ({ chat, stats }) => {
    const replies = await Promise.all(Array.from({ length: 10 }, () => chat()));
    assert.equal(replies.filter(({ headers }) => headers['x-gateway-provider'] === 'm').length, 3);
    assert.equal((await stats()).m.requests, 3);
  });
});
