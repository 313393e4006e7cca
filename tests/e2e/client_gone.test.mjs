// A client that leaves stops the request at the provider, and nobody is blamed for it.
import assert from 'node:assert/strict';

import { assertAnsweredBy } from './lib/expect.mjs';
import { kRefusedEndpoint, scenarios } from './lib/scenario.mjs';
import { chunk, hang, hold, pingsForEver, says, sse } from './lib/upstream.mjs';

const kRole = chunk({ role: 'assistant', content: '' });

scenarios('a client that leaves', {}, (scenario) => {
  const waits = {
    'before the head of a JSON answer': [hang, {}],
    'before the head of a stream': [hang, { stream: true }],
    'before the first token': [sse(kRole, hold), { stream: true }],
    'while a provider pings': [sse(': ping\n\n', pingsForEver), { stream: true }],
    'inside a JSON answer': [({ response }) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': 1000 });
      response.write('{"id":');
    }, {}],
  };
  for (const [when, [serve, members]] of Object.entries(waits)) {
    scenario(`${when} stops the provider`, {
      providers: { a: { serve: [serve, says('next')], retry: 3 }, b: { serve: says('from b') } },
    }, async ({ startChat, chat, provider, a, b }) => {
      const leaving = startChat(members);
      const request = await a.request(1);
      leaving.abort();
      await request.aborted();
      assert.equal((await provider('a')).available, true);
      assertAnsweredBy(await chat(), 'a', 1);
      assert.equal(a.requests.length, 2, 'nothing is tried again for a client that has left');
      assert.equal(b.requests.length, 0);
    });
  }

  scenario('in the middle of a stream stops the provider', {
    providers: { a: { serve: sse(kRole, chunk({ content: 'one' }), hold) } },
  }, async ({ stream, a }) => {
    const answer = await stream();
    await answer.nextEvent();
    await answer.nextEvent();
    answer.abort();
    await a.requests[0].aborted();
  });

  scenario('while the provider writes as fast as it can stops the provider', {
    providers: { a: { serve: sse(async ({ record, response }) => {
      const line = `data: ${JSON.stringify(chunk({ content: 'x'.repeat(10_000) }))}\n\n`;
      let closed = false;
      record.closed.then(() => { closed = true; });
      while (!closed) await Promise.race([new Promise((resolve) => response.write(line, resolve)), record.closed]);
    }) } },
  }, async ({ stream, a }) => {
    const answer = await stream();
    await answer.nextEvent();
    answer.abort();
    await a.requests[0].aborted();
  });

  scenario('during the pause before a retry stops the retries', {
    providers: { a: { serve: [({ record, response }) => {
      record.brokenByUs = true;
      response.socket.destroy();
    }, says('late')], retry: 10 }, b: { endpoint: kRefusedEndpoint, retry: 10 } },
  }, async ({ startChat, gateway, a }) => {
    const leaving = startChat({}, { 'x-request-id': 'leaves-early' });
    await a.request(1);
    leaving.abort();
    await gateway.waitForLog(/Exchange .*id=leaves-early/);
  });

  scenario('does not disturb those who stay', {
    providers: { a: { serve: sse(kRole, chunk({ content: 'one' }), hold,
      chunk({ content: 'two' }, { finish_reason: 'stop' }), 'data: [DONE]\n\n') } },
  }, async ({ stream, a }) => {
    const leaving = await stream();
    const staying = await stream();
    await leaving.nextEvent();
    await staying.nextEvent();
    const [first] = a.requests;
    leaving.abort();
    await first.aborted();
    a.release();
    a.release();
    assert.equal((await staying.rest()).at(-1).data, '[DONE]');
  });
});
