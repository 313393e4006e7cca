// From start to end: draining, the grace, and what a start refuses.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { test } from 'node:test';

import { RawConnection, textOf } from './lib/client.mjs';
import { assertWhole } from './lib/expect.mjs';
import { Gateway } from './lib/gateway.mjs';
import { entryOf } from './lib/scenario.mjs';
import { afterRelease, chunk, hold, kDone, says, sse, Upstream } from './lib/upstream.mjs';

const kStream = sse(chunk({ content: 'one' }), hold, chunk({ content: 'two' }, { finish_reason: 'stop' }), kDone);

async function startWith(script, globals = {}) {
  const upstream = await Upstream.start(script);
  const gateway = await Gateway.start({ _global: globals, model: { providers: [entryOf('a', { serve: [] },
    upstream)] } });
  return { upstream, gateway };
}

// Asks /health on one connection until it says something else than 200.
async function healthAfter(connection) {
  for (;;) {
    connection.write('GET /health HTTP/1.1\r\nHost: gateway\r\n\r\n');
    const reply = await connection.reply();
    if (reply === null || reply.status !== 200) return reply;
  }
}

test('SIGTERM lets requests in flight finish and serves no new ones', async () => {
  const { upstream, gateway } = await startWith([kStream, afterRelease(says('whole'))], { shutdown_grace: 60 });
  const monitor = await RawConnection.open(gateway.port);
  const client = await RawConnection.open(gateway.port);
  const streaming = await gateway.stream('model');
  assert.equal((await streaming.nextEvent()).json.choices[0].delta.content, 'one');
  const waiting = gateway.chat('model');
  await upstream.request(2);

  gateway.signal('SIGTERM');
  const health = await healthAfter(monitor);
  assert.equal(health?.status, 503);
  assert.equal(health.json.status, 'draining');

  const body = JSON.stringify({ model: 'model', messages: [] });
  client.write('POST /v1/chat/completions HTTP/1.1\r\nHost: gateway\r\nContent-Type: application/json\r\n' +
    `Content-Length: ${body.length}\r\n\r\n${body}`);
  const refused = await client.reply();
  assert.ok(refused === null || refused.status === 503, `status ${refused?.status}`);
  const late = await gateway.chat('model').catch(() => null);
  assert.ok(late === null || late.status === 503, `status ${late?.status}`);

  upstream.release();
  upstream.release();
  const events = await streaming.rest();
  assertWhole(events);
  assert.equal(textOf(events), 'two');
  assert.equal((await waiting).content, 'whole');
  assert.equal(await gateway.exited(), 0);
  assert.equal(upstream.requests.length, 2);
  monitor.close();
  client.close();
  await upstream.stop();
});

test('the grace ends requests that do not', async () => {
  const { upstream, gateway } = await startWith(kStream, { shutdown_grace: 0.3 });
  const streaming = await gateway.stream('model');
  await streaming.nextEvent();
  gateway.signal('SIGTERM');
  const events = await streaming.rest();
  assert.ok(!events.some(({ data }) => data === '[DONE]'), 'a cut looks like a cut');
  assert.equal(await gateway.exited(), 0);
  await upstream.stop();
});

test('a second SIGTERM does not wait for the grace', async () => {
  const { upstream, gateway } = await startWith(kStream, { shutdown_grace: 3600 });
  const monitor = await RawConnection.open(gateway.port);
  const streaming = await gateway.stream('model');
  await streaming.nextEvent();
  gateway.signal('SIGTERM');
  await healthAfter(monitor);
  gateway.signal('SIGTERM');
  await gateway.exited();
  monitor.close();
  await upstream.stop();
});

for (const name of ['SIGTERM', 'SIGINT']) {
  test(`an idle gateway ends on ${name}, open connections or not`, async () => {
    const { upstream, gateway } = await startWith(says('hi'));
    const idle = await RawConnection.open(gateway.port);
    const half = await RawConnection.open(gateway.port);
    half.write('POST /v1/chat');
    assert.equal((await gateway.chat('model')).status, 200);
    gateway.signal(name);
    assert.equal(await gateway.exited(), 0);
    await idle.closed();
    await half.closed();
    await upstream.stop();
  });
}

test('a port that is taken is told at once', async () => {
  const holder = net.createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => holder.once('listening', resolve));
  const { port } = holder.address();
  await assert.rejects(Gateway.start({ model: { providers: [{ name: 'm', type: 'mock', model: 'm' }] } },
    { args: ['--port', String(port)],
    usual: false, env: (gateway) => ({ GATEWAY_CONFIG: gateway.configFile, GATEWAY_DATA: gateway.dataFolder,
      GATEWAY_LOGS: gateway.logFolder }) }),
  new RegExp(`ended \\([1-9]\\d*\\).*${port}`, 's'));
  holder.close();
});

test('a data folder that can not be made is told at once', async () => {
  await assert.rejects(Gateway.start({ model: { providers: [{ name: 'm', type: 'mock', model: 'm' }] } },
    { usual: false,
    args: (gateway) => {
      fs.writeFileSync(path.join(gateway.folder, 'file'), '');
      return ['--config', gateway.configFile, '--data', path.join(gateway.folder, 'file', 'data'), '--logs',
        gateway.logFolder, '--port', '0'];
    } }), /ended \([1-9]\d*\).*data/s);
});

test('a bad configuration is told at once, with every problem', async () => {
  await assert.rejects(Gateway.start({ one: { providers: [] },
    two: { providers: [{ name: 'm', type: 'mock', model: 'm', wait: 3 }] } }),
    (error) => /ended \([1-9]/.test(error.message) && error.message.includes('one.providers') &&
      error.message.includes('two.providers[0].wait'));
});

test('a gateway that listens for everybody and has no key warns', async () => {
  const gateway = await Gateway.start({ model: { providers: [{ name: 'm', type: 'mock', model: 'm' }] } },
    { args: ['--host', '0.0.0.0'] });
  await gateway.waitForLog(/WARN.*key/i);
  assert.equal(await gateway.stop(), 0);
});
