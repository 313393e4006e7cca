// What a trace collector gets of requests, what providers are told of the trace, and what requests notice of a
// collector that is slow or dead: nothing.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import zlib from 'node:zlib';

import { Gateway } from './lib/gateway.mjs';
import { entryOf, kKey, kRefusedEndpoint, scenarios } from './lib/scenario.mjs';
import { afterRelease, hang, json, says, saysInEvents, status, Upstream } from './lib/upstream.mjs';

const kTrace = '12345678901234567890123456789012';
const kSpan = '1234567890123456';
const kSampled = `00-${kTrace}-${kSpan}-01`;
const kServer = 2;
const kClient = 3;

// The variables that lead to a collector, whose spans come at once.
function variables(collector, more = {}) {
  return { OTEL_EXPORTER_OTLP_ENDPOINT: new URL(collector.url).origin, OTEL_BSP_SCHEDULE_DELAY: '1', ...more };
}

function bodyOf({ headers, body }) {
  return JSON.parse(headers['content-encoding'] === 'gzip' ? zlib.gunzipSync(body) : body);
}

function spansIn(request) {
  return bodyOf(request).resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans));
}

// `{ name: value }` of attributes.
function valuesOf({ attributes }) {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));
}

// The span of an exchange, and those of its attempts, as soon as the collector has them.
async function traceOf(collector, id) {
  for (let n = 1; ; n += 1) {
    const spans = spansIn(await collector.request(n));
    const exchange = spans.find((span) => valuesOf(span)['ai_gateway.request_id'] === id);
    if (!exchange) continue;
    return { exchange, attempts: spans.filter((span) => span.parentSpanId === exchange.spanId) };
  }
}

async function startWith(serve, env) {
  const provider = await Upstream.start(serve);
  const gateway = await Gateway.start({ _global: {}, m: { providers: [entryOf('a', { serve }, provider)] } }, { env });
  return { gateway, provider };
}

const collector = await Upstream.start(json({}));
after(() => collector.stop());

scenarios('traces', { env: variables(collector, { OTEL_SERVICE_NAME: 'house' }) }, (scenario) => {
  scenario('a failover has a span for the exchange and one for each attempt, in the client\'s trace', {
    providers: { a: { serve: status(503) }, b: { serve: says('hi') } },
  }, async ({ chat, model, a, b }) => {
    await chat({}, { 'x-request-id': 'failover', traceparent: kSampled, tracestate: 'foo=1' });
    const { exchange, attempts } = await traceOf(collector, 'failover');
    assert.equal(exchange.traceId, kTrace);
    assert.equal(exchange.parentSpanId, kSpan);
    assert.equal(exchange.kind, kServer);
    assert.equal(exchange.name, 'POST /v1/chat/completions');
    assert.equal(exchange.status, undefined);
    const own = valuesOf(exchange);
    assert.equal(own['gen_ai.request.model'], model);
    assert.equal(own['http.response.status_code'], '200');
    assert.equal(own['ai_gateway.attempts'], '2');
    assert.deepEqual(exchange.events.filter(({ name }) => name === 'ai_gateway.choice')
      .map((event) => valuesOf(event)['ai_gateway.provider']), ['a', 'b']);

    assert.equal(attempts.length, 2);
    const [failed, good] = attempts;
    for (const span of attempts) {
      assert.equal(span.traceId, kTrace);
      assert.equal(span.kind, kClient);
      assert.equal(span.name, 'chat upstream-model');
      assert.ok(BigInt(span.startTimeUnixNano) >= BigInt(exchange.startTimeUnixNano));
      assert.ok(BigInt(span.endTimeUnixNano) >= BigInt(span.startTimeUnixNano));
      assert.ok(BigInt(span.endTimeUnixNano) <= BigInt(exchange.endTimeUnixNano));
    }
    assert.equal(failed.status.code, 2);
    assert.equal(valuesOf(failed)['error.type'], '503');
    assert.equal(valuesOf(failed)['server.port'], new URL(a.url).port);
    assert.equal(valuesOf(good)['gen_ai.usage.input_tokens'], '7');
    assert.equal(valuesOf(good)['gen_ai.usage.output_tokens'], '5');
    for (const [provider, span] of [[a, failed], [b, good]]) {
      const { headers } = await provider.request(1);
      assert.equal(headers.traceparent, `00-${kTrace}-${span.spanId}-01`);
      assert.equal(headers.tracestate, 'foo=1');
    }
  });

  scenario('a stream tells of its first token', { providers: { a: { serve: saysInEvents(['h', 'i']) } } },
    async ({ stream }) => {
      await (await stream({}, { 'x-request-id': 'a-stream' })).rest();
      const { exchange, attempts: [attempt] } = await traceOf(collector, 'a-stream');
      assert.ok(exchange.events.some(({ name }) => name === 'ai_gateway.first_token'));
      assert.equal(valuesOf(attempt)['gen_ai.request.stream'], true);
      assert.equal(typeof valuesOf(attempt)['gen_ai.response.time_to_first_chunk'], 'number');
    });

  scenario('a refused request has a span without attempts, and is no failure', {
    providers: { a: { serve: says('hi') } },
  }, async ({ gateway, a }) => {
    await gateway.chat('nobody', {}, { 'x-request-id': 'no-model' });
    const { exchange, attempts } = await traceOf(collector, 'no-model');
    assert.deepEqual(attempts, []);
    assert.equal(exchange.parentSpanId, undefined);
    assert.equal(exchange.status, undefined);
    assert.equal(valuesOf(exchange)['http.response.status_code'], '404');
    assert.equal(a.requests.length, 0);
  });

  scenario('where everybody fails, the exchange does', { providers: { a: { serve: status(500) } } },
    async ({ chat }) => {
      await chat({}, { 'x-request-id': 'all-failed' });
      const { exchange } = await traceOf(collector, 'all-failed');
      assert.equal(exchange.status.code, 2);
      assert.equal(valuesOf(exchange)['error.type'], '502');
    });

  scenario('a trace that begins here goes on at the provider', { providers: { a: { serve: says('hi') } } },
    async ({ chat, a }) => {
      await chat({}, { 'x-request-id': 'root', traceparent: `${kSampled}-more`, tracestate: 'foo=1' });
      const { exchange, attempts: [attempt] } = await traceOf(collector, 'root');
      assert.notEqual(exchange.traceId, kTrace);
      assert.equal(exchange.parentSpanId, undefined);
      const { headers } = await a.request(1);
      assert.equal(headers.traceparent, `00-${exchange.traceId}-${attempt.spanId}-01`);
      assert.equal(headers.tracestate, undefined);
    });

  scenario('what the client does not sample is passed on, and not exported', {
    providers: { a: { serve: says('hi') } },
  }, async ({ chat, a }) => {
    await chat({}, { 'x-request-id': 'unsampled', traceparent: `00-${kTrace}-${kSpan}-00` });
    await chat({}, { 'x-request-id': 'after-it' });
    await traceOf(collector, 'after-it');
    assert.match((await a.request(1)).headers.traceparent, new RegExp(`^00-${kTrace}-(?!${kSpan})[0-9a-f]{16}-00$`));
    const ids = collector.requests.flatMap(spansIn).map((span) => valuesOf(span)['ai_gateway.request_id']);
    assert.ok(!ids.includes('unsampled'));
  });

  scenario('the collector is told who tells, and neither prompts nor keys', {
    providers: { a: { serve: status(401, { message: `wrong key ${kKey}` }) }, b: { serve: says('an answer') } },
  }, async ({ chat }) => {
    await chat({}, { 'x-request-id': 'secrets' });
    await traceOf(collector, 'secrets');
    const [first] = collector.requests;
    assert.equal(first.path, '/v1/traces');
    assert.equal(first.headers['content-type'], 'application/json');
    assert.equal(valuesOf(bodyOf(first).resourceSpans[0].resource)['service.name'], 'house');
    const all = collector.requests.map(({ body }) => body.toString()).join('\n');
    for (const secret of [kKey, 'Hello!', 'an answer']) assert.ok(!all.includes(secret), secret);
  });
});

test('without an exporter a provider is told of the client\'s trace, and of no other', async () => {
  const { gateway, provider } = await startWith(says('hi'), {});
  await gateway.chat('m');
  await gateway.chat('m', {}, { traceparent: 'nonsense', tracestate: 'foo=1' });
  await gateway.chat('m', {}, { traceparent: kSampled, tracestate: 'foo=1' });
  for (const n of [1, 2]) {
    const { headers } = await provider.request(n);
    assert.equal(headers.traceparent, undefined);
    assert.equal(headers.tracestate, undefined);
  }
  const { headers } = await provider.request(3);
  assert.equal(headers.traceparent, kSampled);
  assert.equal(headers.tracestate, 'foo=1');
  assert.equal(await gateway.stop(), 0);
  await provider.stop();
});

test('a dead collector costs traces, not requests, and is told once', async () => {
  const { gateway, provider } = await startWith(says('hi'), { OTEL_BSP_SCHEDULE_DELAY: '1',
    OTEL_BSP_MAX_QUEUE_SIZE: '2', OTEL_EXPORTER_OTLP_ENDPOINT: new URL(kRefusedEndpoint).origin });
  for (let n = 0; n < 10; n += 1) assert.equal((await gateway.chat('m')).content, 'hi');
  await gateway.waitForLog(/Trace export failed .*collector=127\.0\.0\.1:1 /);
  await gateway.waitForLog(/Dropping traces .*waiting=2/);
  for (let n = 0; n < 10; n += 1) assert.equal((await gateway.chat('m')).content, 'hi');
  assert.equal(await gateway.stop(), 0);
  assert.equal(gateway.logLines('Trace export failed').length, 1);
  assert.equal(gateway.logLines('Dropping traces').length, 1);
  await provider.stop();
});

test('a collector that never answers holds up neither requests nor the end', async () => {
  const silent = await Upstream.start(hang);
  const { gateway, provider } = await startWith(says('hi'), variables(silent));
  assert.equal((await gateway.chat('m')).content, 'hi');
  await silent.request(1);
  assert.equal((await gateway.chat('m')).content, 'hi');
  assert.equal(await gateway.stop(), 0);
  await Promise.all([provider.stop(), silent.stop()]);
});

test('a slow collector gets what was queued meanwhile', async () => {
  const slow = await Upstream.start(afterRelease(json({})));
  const { gateway, provider } = await startWith(says('hi'), variables(slow));
  await gateway.chat('m', {}, { 'x-request-id': 'first' });
  await slow.holding();
  for (const id of ['second', 'third']) await gateway.chat('m', {}, { 'x-request-id': id });
  slow.release();
  slow.release();
  await traceOf(slow, 'third');
  const ids = slow.requests.flatMap(spansIn).map((span) => valuesOf(span)['ai_gateway.request_id']);
  assert.deepEqual(ids.filter(Boolean), ['first', 'second', 'third']);
  slow.release();
  assert.equal(await gateway.stop(), 0);
  await Promise.all([provider.stop(), slow.stop()]);
});

test('a collector that is busy is asked again, and is told to work again', async () => {
  const busy = await Upstream.start([status(503, { headers: { 'retry-after': '0' } }), json({})]);
  const { gateway, provider } = await startWith(says('hi'), variables(busy));
  await gateway.chat('m', {}, { 'x-request-id': 'again' });
  const [first, second] = [await busy.request(1), await busy.request(2)];
  assert.deepEqual(second.body, first.body);
  await gateway.waitForLog(/Trace export failed .*reason="status 503"/);
  await gateway.waitForLog(/Trace export works again .*dropped=0/);
  assert.equal(await gateway.stop(), 0);
  await Promise.all([provider.stop(), busy.stop()]);
});

test('the end sends what waits', async () => {
  const patient = await Upstream.start(json({}));
  const { gateway, provider } = await startWith(says('hi'), variables(patient, { OTEL_BSP_SCHEDULE_DELAY: '3600000' }));
  await gateway.chat('m', {}, { 'x-request-id': 'last' });
  assert.equal(await gateway.stop(), 0);
  assert.equal(patient.requests.length, 1);
  await traceOf(patient, 'last');
  await Promise.all([provider.stop(), patient.stop()]);
});

test('the variables of OpenTelemetry are obeyed, and what can\'t be used is told without its value', async () => {
  const strict = await Upstream.start(json({}));
  const { gateway, provider } = await startWith(says('hi'), {
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${strict.url}/t?x=1`,
    OTEL_EXPORTER_OTLP_HEADERS: 'api-key=super%20secret,Host=other-secret',
    OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip',
    OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
    OTEL_BSP_SCHEDULE_DELAY: 'soon',
    OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '1',
  });
  await gateway.chat('m', {}, { 'x-request-id': 'variables' });
  await traceOf(strict, 'variables');
  const { path, headers } = await strict.request(1);
  assert.equal(path, '/v1/t?x=1');
  assert.equal(headers['api-key'], 'super secret');
  assert.equal(headers['content-encoding'], 'gzip');
  for (const name of ['OTEL_EXPORTER_OTLP_HEADERS', 'OTEL_EXPORTER_OTLP_PROTOCOL', 'OTEL_BSP_SCHEDULE_DELAY']) {
    await gateway.waitForLog(new RegExp(`WARNING Trace setting message="${name} is `));
  }
  assert.doesNotMatch(gateway.logs(), /secret/);
  assert.equal(await gateway.stop(), 0);
  await Promise.all([provider.stop(), strict.stop()]);
});
