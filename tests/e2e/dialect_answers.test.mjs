// Answers of providers that speak another dialect than the client: broken ones, what they cost, and who hangs up.
import assert from 'node:assert/strict';

import { kNonsense, kTokens, kVendorNames, kVendors } from '../clients/lib/vendors.mjs';
import { kAnswer, kClients } from './lib/dialects.mjs';
import { assertAnsweredBy } from './lib/expect.mjs';
import { scenarios } from './lib/scenario.mjs';
import { bytes, cut, errorEvent, hold, json, sse, truncated } from './lib/upstream.mjs';

const provider = (vendor, answer = kAnswer, members = {}) => ({ ...kVendors[vendor].entry,
  serve: kVendors[vendor].says(answer), ...members });

// Which clients get converted answers of which vendor.
const kNative = { openai: ['chat', 'completions'], azure: ['chat', 'completions'], responses: ['responses'],
  anthropic: ['messages'], gemini: [] };
const kConverted = kVendorNames.flatMap((vendor) => Object.keys(kClients)
  .filter((client) => !kNative[vendor].includes(client)).map((client) => [vendor, client]));

const kEnds = ['message_stop', 'response.completed'];
const isEnd = (event) => event.data === '[DONE]' || kEnds.includes(event.json.type);

// The last event of a stream that broke, as the client's dialect has it; nothing there looks like an end.
function assertBroken(client, answer, events, type) {
  assert.ok(!answer.cut, 'the error can be read');
  const last = events.at(-1);
  assert.ok(!events.some((event) => isEnd(event) || event.json.type === 'message_delta'), 'no end after a failure');
  if (client === 'messages') {
    assert.equal(last.event, 'error');
    assert.equal(last.json.type, 'error');
    if (type) assert.equal(last.json.error.type, type);
  } else if (client === 'responses') {
    assert.equal(last.event, 'response.failed');
    assert.equal(last.json.response.status, 'failed');
    assert.equal(last.json.response.error.code, 'server_error');
  } else {
    assert.equal(last.event, undefined);
    assert.equal(last.json.error.type, 'server_error');
    assert.equal(last.json.error.param, null);
    const reasons = events.flatMap(({ json: { choices = [] } }) => choices).map((choice) => choice.finish_reason);
    assert.ok(reasons.every((reason) => reason === null), 'no finish reason');
  }
}

scenarios('dialects: broken off after its beginning', { concurrency: 8 }, (scenario) => {
  for (const [vendor, client] of kConverted) {
    scenario(`a stream of ${vendor} that is cut ends as an error of ${client}`, {
      providers: { a: provider(vendor, { ...kAnswer, cut: true }), b: provider('openai', { text: 'never' }) },
    }, async ({ openStream, stats, b }) => {
      const answer = await openStream(kClients[client].path, kClients[client].body);
      assert.equal(answer.status, 200);
      assertBroken(client, answer, await answer.rest(), 'api_error');
      assert.equal(b.requests.length, 0, 'what has begun is not begun again');
      assert.equal((await stats()).a.errors, 1);
    });

    scenario(`an error in a stream of ${vendor} is one of ${client}, with its own words`, {
      providers: { a: provider(vendor, { ...kAnswer, error: true }) },
    }, async ({ openStream }) => {
      const answer = await openStream(kClients[client].path, kClients[client].body);
      const events = await answer.rest();
      assertBroken(client, answer, events, vendor === 'responses' ? undefined : 'overloaded_error');
      assert.match(events.at(-1).data, /overloaded/);
    });
  }
});

const kFailures = {
  'an error with 200': json({ error: { message: 'overloaded', type: 'server_error', code: 503 } }),
  'HTML with 200': kNonsense,
  'an empty body': bytes('', { headers: { 'content-type': 'application/json' } }),
  'an empty object': json({}),
  'an empty answer': (exchange, vendor) => kVendors[vendor].says({ text: '' })(exchange),
  'an answer of a wrong length': truncated({ id: 'x' }),
  'an empty stream': sse(),
  'a stream of garbage': sse('data: {"half": \n\n', hold),
  'a stream of other things': sse('event: odd\ndata: [1,2]\n\ndata: null\n\ndata: "x"\n\n'),
  'an error event': sse('data: ' + JSON.stringify(errorEvent()) + '\n\n'),
  'a stream that is cut before its first word': sse(': wait\n\n', cut),
  'a stream that says nothing': (exchange, vendor) => {
    exchange.record.json.stream = true;
    return kVendors[vendor].says({ text: '' })(exchange);
  },
};

scenarios('dialects: failures before the first word', { concurrency: 8 }, (scenario) => {
  for (const vendor of ['responses', 'anthropic', 'gemini']) {
    for (const [name, serve] of Object.entries(kFailures)) {
      scenario(`${name} of ${vendor} is made up for by the next provider, unseen`, {
        providers: { a: { ...kVendors[vendor].entry, serve: (exchange) => serve(exchange, vendor) },
          b: provider('openai') },
      }, async ({ post, openStream, stats }) => {
        const { path, body, text } = kClients[vendor === 'anthropic' ? 'responses' : 'messages'];
        const reply = await post(path, body);
        assertAnsweredBy(reply, 'b', 2);
        assert.equal(text(reply.json), kAnswer.text);
        const answer = await openStream(path, body);
        assert.equal(answer.headers['x-gateway-provider'], 'b');
        const events = await answer.rest();
        assert.ok(isEnd(events.at(-1)), events.at(-1).data);
        assert.equal(events.filter(({ json: { type } }) => ['message_start', 'response.created'].includes(type)).length,
          1, 'one beginning');
        const { a } = await stats();
        assert.deepEqual([a.requests, a.errors], [0, 2]);
      });
    }
  }
});

scenarios('dialects: what it costs', { concurrency: 8 }, (scenario) => {
  for (const [vendor, client] of kConverted) {
    scenario(`tokens of ${vendor} are counted for ${client}, asked for or not`, { providers: { a: provider(vendor) } },
      async ({ post, openStream, stats, a }) => {
      const { path, body } = kClients[client];
      await post(path, body);
      await (await openStream(path, body)).rest();
      const counted = (await stats()).a;
      assert.deepEqual([counted.requests, counted.tokens], [2, 2 * (kTokens.prompt + kTokens.output)]);
      if (!['openai', 'azure'].includes(vendor)) return;
      assert.deepEqual(a.requests[1].json.stream_options, { include_usage: true });
    });
  }
});

scenarios('dialects: streams and whole answers', {}, (scenario) => {
  const kNatively = { messages: 'anthropic', responses: 'responses' };
  for (const [client, vendor] of Object.entries(kNatively)) {
    const { path, body, text } = kClients[client];

    scenario(`${client} of a provider that can't stream are cut into events`, {
      providers: { a: provider(vendor, kAnswer, { stream_support: false }) },
    }, async ({ openStream, a }) => {
      const events = await (await openStream(path, body)).rest();
      assert.ok(isEnd(events.at(-1)), events.at(-1).data);
      const said = events.map(({ json: event }) => event.delta?.text ?? (typeof event.delta === 'string' ? event.delta :
        '')).join('');
      assert.equal(said, kAnswer.text);
      assert.ok(!a.requests[0].json.stream);
    });

    scenario(`${client} of a provider that only streams are put together`, {
      providers: { a: provider(vendor, kAnswer, { non_stream_support: false }) },
    }, async ({ post, a }) => {
      const reply = await post(path, body);
      assert.equal(text(reply.json), kAnswer.text);
      assert.equal(a.requests[0].json.stream, true);
    });
  }

  for (const [vendor, client] of kConverted) {
    const { path, body, text } = kClients[client];
    for (const [what, members] of [['can\'t stream', { stream_support: false }],
      ['can only stream', { non_stream_support: false }]]) {
      scenario(`${vendor} that ${what} serves ${client} either way`, {
        providers: { a: provider(vendor, kAnswer, members) },
      }, async ({ openStream, post, a }) => {
        assert.equal(text((await post(path, body)).json), kAnswer.text);
        const answer = await openStream(path, body);
        assert.match(answer.headers['content-type'], /^text\/event-stream/);
        const events = await answer.rest();
        assert.ok(isEnd(events.at(-1)), events.at(-1).data);
        assert.equal(new Set(a.requests.map((request) => request.path + request.json.stream)).size, 1, 'asked one way');
      });
    }
  }
});

scenarios('dialects: the model\'s name', {}, (scenario) => {
  const kPairs = [...kConverted, ['openai', 'chat'], ['anthropic', 'messages'], ['responses', 'responses']];
  const namesIn = (event) => [event.model, event.message?.model, event.response?.model].filter(Boolean);
  for (const [vendor, client] of kPairs) {
    for (const rewrite_model of [true, false]) {
      const which = rewrite_model ? 'the model asked for with' : 'the provider\'s without';
      scenario(`${client} of ${vendor} names ${which} rewrite_model`,
        { rewrite_model, providers: { a: provider(vendor) } },
      async ({ post, openStream, model }) => {
        const { path, body } = kClients[client];
        const expected = rewrite_model ? model : 'upstream-model';
        const answer = await post(path, body);
        assert.equal(answer.json.model, expected);
        const events = (await (await openStream(path, body)).rest()).filter((event) => event.data !== '[DONE]');
        const names = events.flatMap((event) => namesIn(event.json));
        assert.ok(names.length > 0);
        assert.deepEqual([...new Set(names)], [expected]);
      });
    }
  }
});

scenarios('dialects: who waits, and who hangs up', { global: { stream_keepalive: 0.1 } }, (scenario) => {
  for (const vendor of ['openai', 'gemini', 'anthropic']) {
    scenario(`a waiting Messages stream of ${vendor} gets pings`, {
      providers: { a: { ...kVendors[vendor].entry, serve: [async (exchange) => {
        await exchange.upstream.waitForRelease();
        await kVendors[vendor].says(kAnswer)(exchange);
      }] } },
    }, async ({ openStream, a }) => {
      const answer = await openStream('/v1/messages', kClients.messages.body);
      const ping = await answer.next();
      assert.deepEqual([ping.event, ping.data], ['ping', '{"type":"ping"}']);
      a.release();
      const events = await answer.rest();
      assert.equal(events.at(-1).json.type, 'message_stop');
      assert.ok(!answer.bytes.toString().includes('\n:'), 'no comments');
    });
  }

  const kBeginning = 'data: {"candidates":[{"index":0,"content":{"role":"model","parts":[{"text":"Hel"}]}}]}\r\n\r\n';
  for (const [client, { path, body }] of Object.entries(kClients)) {
    scenario(`a ${client} client that hangs up cancels a converted call`, {
      providers: { a: { type: 'gemini', serve: sse(kBeginning, hold) }, b: provider('openai') },
    }, async ({ openStream, a, b }) => {
      const answer = await openStream(path, body);
      await answer.nextEvent();
      answer.abort();
      await (await a.request(1)).aborted();
      assert.equal(b.requests.length, 0);
    });
  }
});
