// What an operator reads: one line for each exchange, the phrases that are searched for, and no secrets.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';

import { Gateway, removeFolder } from './lib/gateway.mjs';
import { entryOf, kKey, scenarios } from './lib/scenario.mjs';
import { says, status, Upstream } from './lib/upstream.mjs';

// The fields of a text line: `key=value`, or `key="quoted value"`.
function fieldsOf(line) {
  const pairs = line.matchAll(/ (\w+)=("(?:[^"\\]|\\.)*"|\S*)/g);
  return Object.fromEntries([...pairs].map(([, key, value]) => [key, value]));
}

async function exchangeLine(gateway, id) {
  const [line] = await gateway.waitForLog(new RegExp(`[^\\n]*Exchange [^\\n]*id=${id}[^\\n]*\\n`));
  return line;
}

const kTwo = { providers: { a: { serve: status(500) }, b: { serve: says('hi') } } };

scenarios('log', {}, (scenario) => {
  scenario('an exchange has one line with its figures', kTwo, async ({ chat, gateway, model }) => {
    await chat({}, { 'x-request-id': 'one-exchange' });
    const line = await exchangeLine(gateway, 'one-exchange');
    assert.match(line, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d INFO Exchange /);
    const fields = fieldsOf(line);
    for (const name of ['ttfb_ms', 'total_ms']) assert.match(fields[name] ?? '', /^\d+(\.\d+)?$/, `${name} in ${line}`);
    const { id, model: logged, provider, attempts, status: code, stream, tokens_in: tokensIn,
      tokens_out: tokensOut } = fields;
    assert.deepEqual({ id, logged, provider, attempts, code, stream, tokensIn, tokensOut },
      { id: 'one-exchange', logged: model, provider: 'b', attempts: '2', code: '200', stream: 'false', tokensIn: '7',
        tokensOut: '5' });
    assert.equal(gateway.logLines('id=one-exchange').filter((one) => one.includes(' Exchange ')).length, 1);
  });

  scenario('a stream has a line, too', kTwo, async ({ stream, gateway }) => {
    await (await stream({}, { 'x-request-id': 'a-stream' })).rest();
    const { stream: streamed, status: code, tokens_out: tokensOut } = fieldsOf(await exchangeLine(gateway, 'a-stream'));
    assert.deepEqual({ streamed, code, tokensOut }, { streamed: 'true', code: '200', tokensOut: '5' });
  });

  scenario('refused and failed exchanges have a line, too', { providers: { a: { serve: status(500) } } },
    async ({ chat, gateway }) => {
    await chat({}, { 'x-request-id': 'all-failed' });
    assert.equal(fieldsOf(await exchangeLine(gateway, 'all-failed')).status, '502');
    await gateway.chat('nobody', {}, { 'x-request-id': 'no-model' });
    assert.equal(fieldsOf(await exchangeLine(gateway, 'no-model')).status, '404');
  });

  scenario('choices and switches can be searched for', kTwo, async ({ chat, gateway }) => {
    await chat({}, { 'x-request-id': 'switches' });
    await exchangeLine(gateway, 'switches');
    const lines = gateway.logLines('id=switches');
    const selected = lines.filter((line) => line.includes('Selected provider')).map((line) => fieldsOf(line).provider);
    assert.deepEqual(selected, ['a', 'b']);
    assert.ok(lines.some((line) => line.includes('Switching provider')), lines.join('\n'));
  });

  scenario('a client can not write lines of its own', kTwo, async ({ gateway }) => {
    await gateway.chat('x\n2026-01-01T00:00:00.000+00:00 ERROR Forged', {}, { 'x-request-id': 'forger' });
    await exchangeLine(gateway, 'forger');
    assert.ok(!gateway.logs().split('\n').some((line) =>
      line.startsWith('2026-01-01T00:00:00.000+00:00 ERROR Forged')));
  });
});

// An exchange of every kind with secrets in all places; gives what stderr and the log file said about it.
async function logsOfSecrets(env) {
  const upstream = await Upstream.start([status(401, { message: `bad key ${kKey}` }), says('the-answer-is-private')]);
  const gateway = await Gateway.start({
    _global: { api_key: 'client-key-0123456789' },
    model: { providers: [entryOf('a', { serve: [] }, upstream), entryOf('b', { serve: [], priority: 2 }, upstream)] },
  }, { env });
  const messages = [{ role: 'user', content: 'the-prompt-is-private' }];
  const good = { authorization: 'Bearer client-key-0123456789' };
  assert.equal((await gateway.chat('model', { messages }, good)).status, 200);
  assert.equal((await gateway.chat('model', { messages, stream: true }, good)).status, 200);
  assert.equal((await gateway.chat('model', { messages },
    { authorization: 'Bearer wrong-key-0123456789' })).status, 401);
  assert.equal((await gateway.post('/v1/chat/completions', '{"model":"model","messages":["the-prompt-is-private"',
    good)).status, 400);
  assert.equal((await gateway.get('/admin/providers/model', good)).status, 200);
  assert.equal((await gateway.reload(undefined, good)).status, 200);
  assert.equal(await gateway.stop({ keepFolder: true }), 0);
  const logFile = fs.readFileSync(path.join(gateway.logFolder, 'gateway.log'), 'utf8');
  removeFolder(gateway.folder);
  await upstream.stop();
  return { stderr: gateway.logs(), logFile };
}

for (const format of ['text', 'json']) {
  test(`no secret and no prompt is in the log, even at DEBUG, as ${format}`, async () => {
    const { stderr, logFile } = await logsOfSecrets(format === 'json' ? { GATEWAY_LOG_FORMAT: 'json' } : {});
    for (const text of [stderr, logFile]) {
      assert.match(text, /Exchange/);
      for (const secret of [kKey, 'client-key-0123456789', 'wrong-key-0123456789', 'the-prompt-is-private',
        'the-answer-is-private']) {
        assert.ok(!text.includes(secret), `${secret} in\n${text}`);
      }
    }
    if (format === 'json') {
      for (const text of [stderr, logFile]) {
        const lines = text.trimEnd().split('\n').map((line) => JSON.parse(line));
        assert.ok(lines.every((line) => typeof line === 'object' && line !== null && !Array.isArray(line)));
        assert.ok(lines.some((line) => line.model === 'model' && line.provider === 'b'), text);
      }
    }
  });
}

test('the level keeps decisions out of the log', async () => {
  const gateway = await Gateway.start({ model: { providers: [{ name: 'm', type: 'mock', model: 'm',
    mock: { latency: 0 } }] } },
    { env: { LOG_LEVEL: 'INFO' } });
  assert.equal((await gateway.chat('model', {}, { 'x-request-id': 'quiet' })).status, 200);
  await exchangeLine(gateway, 'quiet');
  assert.equal(gateway.logLines(' DEBUG ').length, 0);
  assert.equal(await gateway.stop(), 0);
});

test('the line of an exchange can be switched off', async () => {
  const gateway = await Gateway.start({ _global: { log_requests: false },
    model: { providers: [{ name: 'm', type: 'mock', model: 'm', mock: { latency: 0 } }] } });
  assert.equal((await gateway.chat('model')).status, 200);
  assert.equal(await gateway.stop(), 0);
  assert.doesNotMatch(gateway.logs(), / Exchange /);
  assert.doesNotMatch(gateway.logs(), / INFO Selected provider /);
});
