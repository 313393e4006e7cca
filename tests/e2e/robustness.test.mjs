// Clients that break the rules of HTTP get a clear error or a closed connection; everybody else notices nothing.
import assert from 'node:assert/strict';
import http from 'node:http';

import { RawConnection } from './lib/client.mjs';
import { scenarios } from './lib/scenario.mjs';
import { says } from './lib/upstream.mjs';

const kProvider = { providers: { a: { serve: says('hi') } } };
const kHead = 'POST /v1/chat/completions HTTP/1.1\r\nHost: gateway\r\nContent-Type: application/json\r\n';
const kHealth = 'GET /health HTTP/1.1\r\nHost: gateway\r\n\r\n';

function post(body) {
  return `${kHead}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

// Sends bytes on a connection of their own; gives the answer, or null if the connection was just closed.
async function ask(gateway, bytes) {
  const connection = await RawConnection.open(gateway.port);
  connection.write(bytes);
  const reply = await connection.reply();
  connection.close();
  return reply;
}

// `statuses` are the answers that are right; closing the connection is right, too.
const kMalformed = {
  'no HTTP at all': ['hello there\r\n\r\n', [400]],
  'a TLS greeting': [Buffer.from('16030100c2010000be0303', 'hex'), [400], 'then leaves'],
  'an empty request line': ['\r\n\r\n', [400], 'then leaves'],
  'a request line without a version': ['GET /health\r\n\r\n', [400]],
  'an unknown version': ['GET /health HTTP/9.9\r\nHost: x\r\n\r\n', [400, 505]],
  'a header without a colon': ['GET /health HTTP/1.1\r\nHost x\r\n\r\n', [400, 200]],
  'a NUL byte in a header': ['GET /health HTTP/1.1\r\nHost: x\r\nX-A: a\0b\r\n\r\n', [400, 200]],
  'a NUL byte in the path': ['GET /hea\0lth HTTP/1.1\r\nHost: x\r\n\r\n', [400, 404]],
  'a path that climbs': ['GET /../../etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n', [400, 404]],
  'an encoded path that climbs': ['GET /%2e%2e/%2e%2e/etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n', [400, 404]],
  'a broken percent escape': ['GET /v1/models/%zz HTTP/1.1\r\nHost: x\r\n\r\n', [400, 404]],
  'an unknown method': ['BREW /coffee HTTP/1.1\r\nHost: x\r\n\r\n', [400, 404, 405, 501]],
  'both Content-Length and Transfer-Encoding': [
    `${kHead}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`, [400]],
  'two different Content-Lengths': [`${kHead}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}`, [400], 'then leaves'],
  'a Content-Length that is no number': [`${kHead}Content-Length: ten\r\n\r\n{}`, [400]],
  'a negative Content-Length': [`${kHead}Content-Length: -1\r\n\r\n{}`, [400]],
  'a Content-Length beyond all numbers': [`${kHead}Content-Length: 99999999999999999999999\r\n\r\n{}`, [400, 413]],
  'a Content-Length over the limit': [`${kHead}Content-Length: 9999999999\r\n\r\n{}`, [413]],
  'a chunk size that is no number': [`${kHead}Transfer-Encoding: chunked\r\n\r\nxyz\r\n{}\r\n0\r\n\r\n`, [400]],
  'an unknown Transfer-Encoding': [`${kHead}Transfer-Encoding: gzip, rot13\r\n\r\n`, [400, 411, 501], 'then leaves'],
  'a target that is too long': [`GET /${'x'.repeat(100_000)} HTTP/1.1\r\nHost: x\r\n\r\n`, [414, 431]],
  'a header that is too long': [`GET /health HTTP/1.1\r\nHost: x\r\nX-Long: ${'x'.repeat(300_000)}\r\n\r\n`,
    [431, 400]],
  'too many headers': [`GET /health HTTP/1.1\r\nHost: x\r\n${'X-Many: x\r\n'.repeat(20_000)}\r\n`, [431, 400]],
};

scenarios('robustness: malformed requests', {}, (scenario) => {
  for (const [what, [bytes, statuses, leaves]] of Object.entries(kMalformed)) {
    scenario(`${what} harms nobody`, kProvider, async ({ gateway, chat }) => {
      if (leaves) {
        const connection = await RawConnection.open(gateway.port);
        connection.write(bytes);
        connection.close();
      } else {
        const reply = await ask(gateway, bytes);
        assert.ok(reply === null || statuses.includes(reply.status), `status ${reply?.status}`);
      }
      assert.equal((await chat()).status, 200);
    });
  }

  for (const [what, [bytes, status]] of Object.entries({
    'an oversized header': [`GET /health HTTP/1.1\r\nHost: x\r\nX-Long: ${'x'.repeat(100_000)}\r\n\r\n`, 431],
    'a long target': [`GET /${'x'.repeat(100_000)} HTTP/1.1\r\nHost: x\r\n\r\n`, 414],
    'both kinds of length': [kMalformed['both Content-Length and Transfer-Encoding'][0], 400],
    'a bad Content-Length': [kMalformed['a Content-Length that is no number'][0], 400],
  })) {
    scenario(`${what} is answered with ${status}`, kProvider, async ({ gateway }) => {
      assert.equal((await ask(gateway, bytes))?.status, status);
    });
  }

  scenario('the rest of a refused request is not taken for another', kProvider, async ({ gateway }) => {
    const connection = await RawConnection.open(gateway.port);
    connection.write(`${kHead}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${kHealth}`);
    const reply = await connection.reply();
    assert.ok(reply === null || reply.status === 400);
    assert.equal((await connection.closed()).length, 0, 'nothing follows');
  });
});

scenarios('robustness: connections', { concurrency: 1 }, (scenario) => {
  scenario('half-sent heads and bodies hold up nobody', kProvider, async ({ gateway, chat, body }) => {
    const halves = ['P', 'POST /v1/chat/completions HTT', `${kHead}Content-Le`,
      `${kHead}Content-Length: 1000\r\n\r\n{"model":`,
      `${kHead}Transfer-Encoding: chunked\r\n\r\n5\r\n{"m`];
    const connections = await Promise.all(Array.from({ length: 40 }, () => RawConnection.open(gateway.port)));
    connections.forEach((connection, at) => connection.write(halves[at % halves.length]));
    assert.equal((await chat()).status, 200);
    for (const connection of connections) connection.close();
    assert.equal((await gateway.post('/v1/chat/completions', body())).status, 200);
  });

  scenario('a request that comes in single bytes is answered', kProvider, async ({ gateway, body }) => {
    const connection = await RawConnection.open(gateway.port);
    for (const byte of post(JSON.stringify(body()))) {
      connection.write(byte);
      await new Promise(setImmediate);
    }
    assert.equal((await connection.reply()).content, 'hi');
    connection.close();
  });

  scenario('a chunked request is answered', kProvider, async ({ gateway, body }) => {
    const text = JSON.stringify(body());
    const chunks = [text.slice(0, 10), text.slice(10)].map((part) =>
      `${part.length.toString(16)};ext=1\r\n${part}\r\n`);
    const reply = await ask(gateway, `${kHead}Transfer-Encoding: chunked\r\n\r\n${chunks.join('')}0\r\n\r\n`);
    assert.equal(reply.content, 'hi');
  });

  scenario('Expect: 100-continue is answered before the body comes', kProvider, async ({ gateway, body }) => {
    const text = JSON.stringify(body());
    const connection = await RawConnection.open(gateway.port);
    connection.write(`${kHead}Expect: 100-continue\r\nContent-Length: ${text.length}\r\n\r\n`);
    assert.equal((await connection.reply()).status, 100);
    connection.write(text);
    assert.equal((await connection.reply()).content, 'hi');
    connection.close();
  });

  scenario('a connection serves many requests', kProvider, async ({ gateway, body }) => {
    const connection = await RawConnection.open(gateway.port);
    for (let round = 0; round < 20; ++round) {
      connection.write(round % 2 ? kHealth : post(JSON.stringify(body({ stream: round % 4 === 0 }))));
      const reply = await connection.reply();
      assert.equal(reply.status, 200, `round ${round}`);
    }
    connection.close();
  });

  scenario('an error does not end the connection', kProvider, async ({ gateway, body }) => {
    const connection = await RawConnection.open(gateway.port);
    for (const [bytes, status] of [[post('{'), 400], ['GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n', 404],
      [post(JSON.stringify(body())), 200]]) {
      connection.write(bytes);
      assert.equal((await connection.reply()).status, status);
    }
    connection.close();
  });

  scenario('pipelined requests are answered in order', kProvider, async ({ gateway, body }) => {
    const connection = await RawConnection.open(gateway.port);
    connection.write(kHealth + post(JSON.stringify(body())) + 'GET /v1/models HTTP/1.1\r\nHost: x\r\n\r\n' + kHealth);
    assert.equal((await connection.reply()).json.status, 'ok');
    assert.equal((await connection.reply()).content, 'hi');
    assert.equal((await connection.reply()).json.object, 'list');
    assert.equal((await connection.reply()).json.status, 'ok');
    connection.close();
  });

  scenario('a client that has sent its end still gets its answer', kProvider, async ({ gateway, body }) => {
    const reply = await ask(gateway, post(JSON.stringify(body())).replace('Host: gateway',
      'Host: gateway\r\nConnection: close'));
    assert.equal(reply.content, 'hi');
  });

  scenario('an HTTP/1.0 client gets no chunks', kProvider, async ({ gateway, body }) => {
    for (const stream of [false, true]) {
      const reply = await ask(gateway, post(JSON.stringify(body({ stream }))).replace('HTTP/1.1', 'HTTP/1.0'));
      assert.equal(reply.status, 200);
      assert.equal(reply.headers['transfer-encoding'], undefined);
      if (stream) assert.ok(reply.text.startsWith('data: ') && reply.text.endsWith('data: [DONE]\n\n'), reply.text);
      else assert.equal(reply.content, 'hi');
    }
  });

  scenario('HEAD /health has a head and no body', kProvider, async ({ gateway }) => {
    const connection = await RawConnection.open(gateway.port);
    connection.write('HEAD /health HTTP/1.1\r\nHost: x\r\n\r\n');
    assert.equal((await connection.reply({ noBody: true })).status, 200);
    connection.write(kHealth);
    assert.equal((await connection.reply()).json.status, 'ok', 'the next answer begins where the head ended');
    connection.close();
  });

  scenario('answers are not compressed behind the client\'s back', kProvider, async ({ chat }) => {
    const reply = await chat({}, { 'accept-encoding': 'br, gzip, deflate' });
    assert.equal(reply.headers['content-encoding'], undefined);
    assert.equal(reply.content, 'hi');
  });

  scenario('a thousand idle connections do not keep a request waiting', kProvider, async ({ gateway, chat }) => {
    const connections = [];
    for (let batch = 0; batch < 10; ++batch) {
      connections.push(...await Promise.all(Array.from({ length: 100 }, async () => {
        const connection = await RawConnection.open(gateway.port);
        connection.write(kHealth);
        assert.equal((await connection.reply()).status, 200);
        return connection;
      })));
    }
    assert.equal((await chat()).status, 200);
    for (const connection of connections.filter((_, at) => at % 100 === 0)) {
      connection.write(kHealth);
      assert.equal((await connection.reply()).status, 200, 'an idle connection still serves');
    }
    for (const connection of connections) connection.close();
  });

  scenario('two hundred requests at once are all answered', kProvider, async ({ chat, a }) => {
    const replies = await Promise.all(Array.from({ length: 200 }, (_, at) => chat({ stream: at % 2 === 0 })));
    assert.ok(replies.every((reply) => reply.status === 200));
    assert.equal(a.requests.length, 200);
  });

  scenario('clients with few connections are served by turns', kProvider, async ({ gateway, body }) => {
    const agent = new http.Agent({ keepAlive: true, maxSockets: 4 });
    const replies = await Promise.all(Array.from({ length: 60 },
      () => gateway.request('POST', '/v1/chat/completions', { body: body(), agent })));
    agent.destroy();
    assert.ok(replies.every((reply) => reply.content === 'hi'));
  });

  scenario('a body of 10 MB goes up and comes back', {
    providers: { a: { serve: ({ record, response }) => {
      const text = JSON.stringify({ id: 'x', object: 'chat.completion', choices: [{ index: 0, finish_reason: 'stop',
        message: { role: 'assistant', content: record.json.messages[0].content } }] });
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(text);
    } } },
  }, async ({ chat }) => {
    const content = 'pay load '.repeat(1_100_000);
    assert.ok((await chat({ messages: [{ role: 'user', content }] })).content === content);
  });
});
