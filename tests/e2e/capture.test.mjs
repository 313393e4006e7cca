// What the story of a request keeps of what was said: nothing, or with "capture" a bounded part without credentials.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { kVendors } from '../clients/lib/vendors.mjs';
import { RawConnection } from './lib/client.mjs';
import { assertBrokenOff } from './lib/expect.mjs';
import { Gateway } from './lib/gateway.mjs';
import { entryOf, kKey, scenarios } from './lib/scenario.mjs';
import { assertSound, listed, newId, storyOf } from './lib/stories.mjs';
import { bytes, chunk, cut, errorEvent, hang, json, says, saysInEvents, sse, status, Upstream } from './lib/upstream.mjs';

const kKept = 64 * 1024;
// In each place where a text of ours may stand.
const kCanary = 'canary-in-the-coal-mine';
const say = (content) => ({ messages: [{ role: 'user', content }] });
const withId = (ask) => async ({ gateway, ...context }) => {
  const id = newId();
  await ask({ ...context, gateway, headers: { 'x-request-id': id } });
  return storyOf(gateway, id);
};

// ---- without capture ----------------------------------------------------------------------------------

scenarios('capture: without it no word is kept', {}, (scenario) => {
  const anthropic = (serve) => ({ ...kVendors.anthropic.entry, serve });
  const error = (code) => status(code, { message: `bad ${kCanary}`, type: `bad ${kCanary}` });
  const route = (serve, b = says(kCanary)) => ({ providers: { a: { serve }, b: { serve: b } } });
  const rows = [
    ['of an answer', route(says(kCanary))],
    ['of a stream', route(saysInEvents([kCanary, kCanary])), { stream: true }],
    ['of a converted answer', { providers: { a: anthropic(kVendors.anthropic.says({ text: kCanary })) } }, { seed: 1 }],
    ['of a refusal', route(error(400))],
    ['of a refusal in a stream', route(error(404)), { stream: true }],
    ['of a refused key', route(error(401), error(403))],
    ['of a failure that led elsewhere', route(error(500), error(503))],
    ['of a rate limit', route(error(429), error(429))],
    ['of an error page', route(bytes(`<html>${kCanary}</html>`, { status: 502 }), bytes(kCanary, { status: 500 }))],
    ['of an answer that is no JSON', route(bytes(`{"x": "${kCanary}`), bytes(kCanary))],
    ['of an error in a stream', route(sse(chunk({ content: kCanary }), errorEvent({ message: kCanary }))),
      { stream: true }],
    ['of an error that begins a stream', route(sse(errorEvent({ message: kCanary, code: `${kCanary}!` })),
      sse(errorEvent({ message: kCanary }))), { stream: true }],
    ['of a stream that breaks off', route(sse(chunk({ content: kCanary }), cut)), { stream: true }],
    ['of a message in an unknown role', { providers: { a: anthropic(kVendors.anthropic.says({ text: 'x' })) } },
      { messages: [{ role: kCanary, content: kCanary }] }],
    ['of a part of an unknown type', { providers: { a: anthropic(kVendors.anthropic.says({ text: 'x' })) } },
      { messages: [{ role: 'user', content: [{ type: 'hologram', text: kCanary }] }] }],
    ['of a picture that is none', { providers: { a: anthropic(kVendors.anthropic.says({ text: 'x' })) } },
      { messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: `${kCanary}:${kCanary}` } }] }] }],
    ['of a tool', { providers: { a: anthropic(kVendors.anthropic.says({ text: 'x' })) } },
      { tools: [{ type: kCanary }], tool_choice: kCanary }],
    ['of values of the wrong type', { providers: { a: anthropic(kVendors.anthropic.says({ text: 'x' })) } },
      { temperature: kCanary, max_tokens: kCanary, stop: { [kCanary]: kCanary } }],
  ];
  for (const [what, spec, members] of rows) {
    scenario(what, spec, async ({ gateway, chat, model }) => {
      const id = newId();
      await chat({ ...say(`${kCanary} ${kCanary}`), user: kCanary, metadata: { a: kCanary }, ...members },
        { 'x-request-id': id });
      const story = await storyOf(gateway, id);
      assertSound(story);
      assert.equal(story.capture, null);
      const { text } = await gateway.get(`/admin/requests?model=${model}`);
      for (const shown of [JSON.stringify(story), text]) assert.ok(!shown.includes(kCanary), shown);
    });
  }

  scenario('of a body that is no JSON', route(says('x')), async ({ gateway }) => {
    for (const body of [kCanary, `{"model": ${kCanary}}`, `{"model": "${kCanary}`, `{"${kCanary}": {"a"`,
      `{"messages": "${kCanary}"}`, `["${kCanary}"]`, `{"model": {"${kCanary}": 1}}`]) {
      const id = newId();
      await gateway.post('/v1/chat/completions', body, { 'x-request-id': id });
      const story = JSON.stringify(await storyOf(gateway, id));
      assert.ok(!story.includes(kCanary), story);
    }
  });

  scenario('of the query, the header fields and the key', route(says('x')), async ({ gateway, body, model }) => {
    const id = newId();
    const reply = await gateway.post(`/v1/chat/completions?key=${kCanary}`, body(), { 'x-request-id': id,
      authorization: `Bearer ${kCanary}`, 'x-api-key': kCanary, cookie: kCanary, 'user-agent': kCanary });
    assert.equal(reply.status, 200, reply.text);
    const story = await storyOf(gateway, id);
    assert.deepEqual([story.path, story.model], ['/v1/chat/completions', model]);
    assert.ok(!JSON.stringify(story).includes(kCanary), JSON.stringify(story));
    assert.ok(!JSON.stringify(story).includes(kKey));
  });
});

// ---- with it ------------------------------------------------------------------------------------------

scenarios('capture: both sides', {}, (scenario) => {
  scenario('of an answer', { capture: true, providers: { a: { serve: says('the answer') } } }, async (context) => {
    let reply;
    let sent;
    const { capture } = await withId(async ({ gateway, body, headers }) => {
      sent = JSON.stringify(body(say('the question')));
      reply = await gateway.post('/v1/chat/completions', sent, headers);
    })(context);
    assert.deepEqual(capture, { request: sent, answer: reply.text, request_bytes: sent.length,
      answer_bytes: reply.bytes.length });
    const [summary] = (await listed(context.gateway, `model=${context.model}`)).requests;
    assert.ok(!JSON.stringify(summary).includes('the question'), 'the list has none of it');
  });

  scenario('of a stream', { capture: true, providers: { a: { serve: saysInEvents(['the ', 'answer']) } } },
    async (context) => {
    let answer;
    const { capture } = await withId(async ({ stream, headers }) => {
      answer = await stream({}, headers);
      await answer.rest();
    })(context);
    assert.equal(capture.answer, answer.bytes.toString());
    assert.equal(capture.answer_bytes, answer.bytes.length);
    assert.match(capture.request, /Hello!/);
  });

  scenario('of a provider\'s own words for its failure', {
    capture: true, providers: { a: { serve: status(500, { message: `out of memory, ask sk-${'x'.repeat(20)}` }), retry: 0 },
      b: { serve: says('from b') } },
  }, async (context) => {
    const story = await withId(({ chat, headers }) => chat({}, headers))(context);
    assert.equal(story.attempts_made[0].said, 'out of memory, ask ***');
    assert.equal(story.attempts_made[1].said, null);
    assert.ok(story.steps.some(({ text }) => text.includes('(out of memory, ask ***)')));
  });

  scenario('of a failure and of a client that left', {
    capture: true, providers: { a: { serve: [status(400, { message: 'too hot' }), hang] } },
  }, async ({ gateway, chat, startChat, a }) => {
    const refused = await withId(({ headers }) => chat({}, headers))({ gateway });
    assert.match(refused.capture.answer, /too hot/);
    const left = await withId(async ({ headers }) => {
      const client = startChat({}, headers);
      await a.request(2);
      client.abort();
    })({ gateway });
    assert.deepEqual([left.capture.answer, left.capture.answer_bytes], ['', 0]);
    assert.match(left.capture.request, /Hello!/);
  });

  scenario('of what breaks off', { capture: true, providers: { a: { serve: sse(chunk({ content: 'half' }), cut) } } },
    async ({ gateway, stream }) => {
    const { capture } = await withId(async ({ headers }) => assertBrokenOff(await (await stream({}, headers)).rest()))(
      { gateway });
    assert.match(capture.answer, /half[^]*"error"/);
  });

  scenario('of what is converted: as the client says it', {
    capture: true,
    providers: { a: { ...kVendors.anthropic.entry, serve: kVendors.anthropic.says({ text: 'answer' }) } },
  }, async ({ gateway, chat }) => {
    let reply;
    const { capture } = await withId(async ({ headers }) => { reply = await chat({ seed: 1 }, headers); })({ gateway });
    assert.match(capture.request, /"seed":1/);
    assert.equal(capture.answer, reply.text);
  });

  scenario('up to 64 KiB of each, and what was left out is counted', {
    capture: true, providers: { a: { serve: says(`${'answer '.repeat(40_000)}end`) } },
  }, async ({ gateway, chat, body }) => {
    const question = say(`${'question '.repeat(30_000)}end`);
    let reply;
    const { capture } = await withId(async ({ headers }) => { reply = await chat(question, headers); })({ gateway });
    const sent = JSON.stringify(body(question));
    for (const [kept, whole, size] of [[capture.request, sent, capture.request_bytes],
      [capture.answer, reply.text, capture.answer_bytes]]) {
      assert.equal(size, Buffer.byteLength(whole));
      assert.ok(kept.endsWith('…'), kept.slice(-20));
      assert.ok(whole.startsWith(kept.slice(0, -1)));
      assert.equal(Buffer.byteLength(kept.slice(0, -1)), kKept);
    }
  });

  for (const size of [kKept - 1, kKept, kKept + 1, kKept + 4095, kKept + 4096, kKept + 4097]) {
    scenario(`a body of ${size} bytes`, { capture: true, providers: { a: { serve: says('x') } } }, async (context) => {
      let sent;
      const { capture } = await withId(async ({ gateway, body, headers }) => {
        const around = JSON.stringify(body(say(''))).length;
        sent = JSON.stringify(body(say('x '.repeat(size).slice(0, size - around))));
        assert.equal(sent.length, size);
        await gateway.post('/v1/chat/completions', sent, headers);
      })(context);
      assert.equal(capture.request, size <= kKept ? sent : `${sent.slice(0, kKept)}…`);
    });
  }

  scenario('characters stay whole where it is cut', { capture: true, providers: { a: { serve: says('x') } } },
    async (context) => {
    for (const shift of ['', 'a', 'ab', 'abc']) {
      const { capture } = await withId(({ chat, headers }) =>
        chat(say(shift + '😀 '.repeat(20_000)), headers))(context);
      assert.ok(!capture.request.includes('\uFFFD'), capture.request.slice(-10));
      assert.ok(capture.request.endsWith('…'));
    }
  });

  scenario('bytes that are no text', {
    capture: true, providers: { a: { serve: bytes(Buffer.from([0xff, 0xfb, 0x00, 0x80, 0xc3, 0x28, 0x0a]), {
      headers: { 'content-type': 'audio/mpeg' } }) } },
  }, async (context) => {
    const { capture } = await withId(async ({ post, headers }) => {
      const reply = await post('/v1/audio/speech', { input: 'Hi', voice: 'v' }, headers);
      assert.equal(reply.bytes.length, 7);
    })(context);
    assert.equal(capture.answer_bytes, 7);
    assert.match(capture.request, /"input":"Hi"/);
  });

  scenario('a form with a file', { capture: true, providers: { a: { serve: json({ text: 'Guten Tag' }) } } },
    async (context) => {
    const body = Buffer.concat([Buffer.from('--frontier\r\nContent-Disposition: form-data; name="model"\r\n\r\n' +
      `${context.model}\r\n--frontier\r\nContent-Disposition: form-data; name="file"; filename="a.mp3"\r\n\r\n`),
      Buffer.alloc(200_000, 0xfe), Buffer.from('\r\n--frontier--\r\n')]);
    const { capture } = await withId(async ({ gateway, headers }) => {
      const reply = await gateway.post('/v1/audio/transcriptions', body, { ...headers,
        'content-type': 'multipart/form-data; boundary=frontier' });
      assert.equal(reply.status, 200, reply.text);
    })(context);
    assert.equal(capture.request_bytes, body.length);
    assert.match(capture.request, /^--frontier/);
    assert.equal(capture.answer, '{"text":"Guten Tag"}');
  });
});

// ---- credentials --------------------------------------------------------------------------------------

// Credentials as people paste them into prompts; each is to be gone. Said as a text, which JSON then escapes.
const kForms = {
  'a key of OpenAI': ['key sk-proj-Ab12Cd34Ef56Gh78Ij90 end', 'Ab12Cd34Ef56Gh78Ij90'],
  'a key at the start of a line': ['first\nsk-ant-api03-Zz99Yy88Xx77 end', 'Zz99Yy88Xx77'],
  'a key behind a tab': ['\tgsk_Ab12Cd34Ef56Gh78', 'Ab12Cd34Ef56Gh78'],
  'a line of a shell': ['export A=1\r\nexport OPENAI_API_KEY=Ab12Cd34Ef56\n', 'Ab12Cd34Ef56'],
  'a header field': ['Authorization: Bearer Ab12Cd34Ef56Gh78', 'Ab12Cd34Ef56Gh78'],
  'a member of JSON': ['{"api_key": "Ab12Cd34Ef56Gh78"}', 'Ab12Cd34Ef56Gh78'],
  'a member of JSON on a line of its own': ['{\n  "api_key": "Ab12Cd34Ef56Gh78"\n}', 'Ab12Cd34Ef56Gh78'],
  'JSON within JSON': [JSON.stringify({ token: 'Ab12Cd34Ef56Gh78' }), 'Ab12Cd34Ef56Gh78'],
  'a quoted value': ['password = "Ab12Cd34Ef56Gh78"', 'Ab12Cd34Ef56Gh78'],
  'a long token': ['x\n0123456789abcdef0123456789abcdef01234567 y', '0123456789abcdef0123456789abcdef'],
  'a JWT': ['eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJlLW9mLWl0', 'c2lnbmF0dXJl'],
  'a URL': ['https://user:Ab12Cd34Ef56@api.example.com/v1?key=Zz99Yy88Xx77', 'Ab12Cd34Ef56'],
};

scenarios('capture: credentials are masked', {}, (scenario) => {
  for (const [name, [text, secret]] of Object.entries(kForms)) {
    scenario(name, { capture: true, providers: { a: { serve: [says(text), saysInEvents([text])] } } },
      async ({ gateway, chat, stream }) => {
      const whole = await withId(({ headers }) => chat(say(text), headers))({ gateway });
      const streamed = await withId(async ({ headers }) => (await stream(say(text), headers)).rest())({ gateway });
      for (const { capture } of [whole, streamed]) {
        assert.ok(!capture.request.includes(secret), capture.request);
        assert.ok(!capture.answer.includes(secret), capture.answer);
        assert.match(capture.request, /\*\*\*/);
      }
    });
  }

  scenario('plain words stay', {
    capture: true, providers: { a: { serve: says('x') } },
  }, async ({ gateway, chat, body }) => {
    const question = say('The key to it: a token of "love"\nis C:\\new\\table, \\u0041, and 12,345.67 €.');
    const { capture } = await withId(({ headers }) => chat(question, headers))({ gateway });
    assert.equal(capture.request, JSON.stringify(body(question)));
  });

  scenario('where it is cut, too', { capture: true, providers: { a: { serve: says('x') } } }, async (context) => {
    const secret = `sk-proj-${'Ab12Cd34'.repeat(20)}`;
    for (const distance of [0, 1, 3, 7, 8, 20, 100, 167, 168, 4095, 4096, 4099, 4103, 4104, 4200]) {
      const { capture } = await withId(({ chat, body, headers }) => {
        const around = JSON.stringify(body(say(''))).length - 3;
        const words = 'x '.repeat(kKept).slice(0, kKept + distance - around - 100);
        return chat(say(`${words} ${secret} end`), headers);
      })(context);
      assert.ok(!/Ab12/.test(capture.request), `${distance}: ${capture.request.slice(-300)}`);
    }
  });
});

test('a reload switches it on and off for what comes then', async () => {
  const upstream = await Upstream.start(says('the answer'));
  const route = (capture) => ({ model: { capture, providers: [entryOf('a', { serve: [] }, upstream)] } });
  const gateway = await Gateway.start(route(false));
  const ask = () => withId(({ headers }) => gateway.chat('model', {}, headers))({ gateway });
  const before = await ask();
  assert.equal(before.capture, null);
  const reply = await gateway.reload(route(true));
  assert.deepEqual([reply.status, reply.json.changed], [200, ['model']], reply.text);
  const during = await ask();
  assert.match(during.capture.answer, /the answer/);
  assert.equal((await gateway.reload(route(false))).status, 200);
  assert.equal((await ask()).capture, null);
  assert.match((await storyOf(gateway, during.id)).capture.answer, /the answer/, 'what was kept stays');
  assert.equal((await storyOf(gateway, before.id)).capture, null);
  assert.equal(await gateway.stop(), 0);
  assert.ok(!gateway.logs().includes('the answer'), 'in memory only');
  await upstream.stop();
});

// ---- names --------------------------------------------------------------------------------------------

const kWeird = { slash: 'a/b//c', quote: 'a"b\\"c', markup: '<script>alert(1)</script>',
  unicode: 'мо́дель-模型-😀', blank: ' a\tb\nc ',
  percent: '%00%2F%', control: '\u0000\u001b[31m\u007f', bidi: '\u202egnp.exe', dots: '../../etc/passwd',
  separator: '\u2028\u2029', lone: '\ud800' };

scenarios('capture: names that are hard to say', { concurrency: 1 }, (scenario) => {
  scenario('a model of any name is told', { providers: { a: { serve: says('x') } } }, async ({ gateway }) => {
    for (const [what, name] of Object.entries(kWeird)) {
      const id = newId();
      await gateway.post('/v1/chat/completions', `{"model": ${JSON.stringify(name)}, "messages": []}`,
        { 'x-request-id': id });
      const story = await storyOf(gateway, id);
      assertSound(story);
      assert.ok([400, 404].includes(story.status), what);
      if (story.status === 404 && what !== 'lone') {
        assert.equal(story.model, name, what);
        const { requests } = await listed(gateway, `model=${encodeURIComponent(name)}`);
        assert.equal(requests[0]?.id, id, what);
      }
    }
  });

  scenario('a model of a megabyte is told in short', {
    providers: { a: { serve: says('x') } },
  }, async ({ gateway }) => {
    for (const character of ['m', 'é', '😀']) {
      const id = newId();
      await gateway.chat(character.repeat(250_000), {}, { 'x-request-id': id });
      const story = await storyOf(gateway, id);
      assert.equal(story.status, 404);
      assert.ok(Buffer.byteLength(story.model) < 400 && !story.model.includes('\uFFFD'), story.model);
      assert.ok(JSON.stringify(story).length < 10_000);
    }
  });

  scenario('bytes that are no UTF-8 are told as JSON', { capture: true, providers: { a: { serve: says('x') } } },
    async ({ gateway, model }) => {
    for (const body of [Buffer.concat([Buffer.from('{"model": "'), Buffer.from([0xff, 0xc3, 0x28]), Buffer.from('"}')]),
      Buffer.concat([Buffer.from(`{"model": "${model}", "user": "`), Buffer.from([0xf0, 0x9f, 0x80]),
        Buffer.from('", "messages": []}')])]) {
      const id = newId();
      await gateway.post('/v1/chat/completions', body, { 'x-request-id': id });
      assertSound(await storyOf(gateway, id));
    }
    await listed(gateway);
  });

  scenario('an id that is none gets another', { providers: { a: { serve: says('x') } } }, async ({ gateway, chat }) => {
    for (const id of ['a/b', 'a b', '"', '<b>', 'é', 'x'.repeat(129), '../x', '%41']) {
      const { headers } = await chat({}, { 'x-request-id': Buffer.from(id).toString('latin1') });
      assert.match(headers['x-request-id'], /^req_[0-9a-f]{24}$/);
      assertSound(await storyOf(gateway, headers['x-request-id']));
    }
    const longest = `${'x'.repeat(120)}.-_:Az09`;
    await chat({}, { 'x-request-id': longest });
    assert.equal((await storyOf(gateway, longest)).id, longest);
    for (const path of ['%00', '%ff%fe', '..%2f..%2fetc', '%22%3Cb%3E', 'x'.repeat(5_000)]) {
      const reply = await gateway.get(`/admin/requests/${path}`);
      assert.ok(reply.status >= 400 && reply.status < 500, reply.text);
      assert.ok(reply.text.length < 1_000);
      assert.equal(typeof reply.json.error.message, 'string');
    }
  });

  scenario('a path and a forwarded address of any kind are told', { providers: { a: { serve: says('x') } } },
    async ({ gateway, body }) => {
    const id = newId();
    const connection = await RawConnection.open(gateway.port);
    const text = JSON.stringify(body());
    connection.write(`POST /openai/deployments/%ff%22%3Cb%3E/chat/completions HTTP/1.1\r\nHost: gateway\r\n` +
      `X-Forwarded-For: <b>"\xff\r\nX-Request-Id: ${id}\r\nTraceparent: \xff\r\nContent-Type: application/json\r\n` +
      `Content-Length: ${text.length}\r\n\r\n${text}`);
    assert.equal((await connection.reply()).status, 404);
    connection.close();
    const story = await storyOf(gateway, id);
    assertSound(story);
    assert.equal(story.client, '127.0.0.1');
  });
});
