// A scripted provider: it answers each request with the next line of its script (the last line for ever), and
// remembers what it was asked and whether the gateway hung up.
//
//   const upstream = await Upstream.start([status(503), says('hello')]);
//
// A line of a script is a function of the exchange `{ record, response, upstream }`; the ones here cover what
// providers do on good and on bad days.
import http from 'node:http';
import zlib from 'node:zlib';

import { patiently, signal } from './wait.mjs';

export class Upstream {
  #server;
  #script;
  #closesReused;
  #served = new WeakMap();  // requests by socket
  #arrivals = [];           // those who wait for a request
  #permits = 0;             // releases that no `hold` has taken
  #held = [];               // holds that wait for a release
  #holdWatchers = [];

  // `closesReused`: the second request on a connection finds it closed, as if it had been idle for too long.
  // `https`: its URL says so, although it speaks no TLS.
  static async start(script, { closesReused = false, https = false } = {}) {
    const upstream = new Upstream(script, closesReused);
    const listening = signal();
    upstream.#server.listen(0, '127.0.0.1', 4096, listening.resolve);
    await patiently(listening.promise, 'a provider to listen');
    upstream.url = `http${https ? 's' : ''}://127.0.0.1:${upstream.#server.address().port}/v1`;
    return upstream;
  }

  constructor(script, closesReused) {
    this.#script = [script].flat();
    this.#closesReused = closesReused;
    this.requests = [];
    this.staleRequests = 0;
    this.#server = http.createServer((request, response) => { this.#serve(request, response).catch(() => {}); });
    this.#server.unref();  // a test that failed before it stopped its providers must not keep the runner waiting
    this.#server.on('connection', (socket) => socket.unref());
    Object.assign(this.#server, { keepAliveTimeout: 0, requestTimeout: 0, headersTimeout: 0, timeout: 0 });
  }

  // The `n`-th request (from 1), as soon as it has arrived whole.
  async request(n = 1) {
    while (this.requests.length < n) {
      const arrival = signal();
      this.#arrivals.push(arrival);
      await patiently(arrival.promise, `request ${n} at a provider (it has had ${this.requests.length})`);
    }
    return this.requests[n - 1];
  }

  // Lets one `hold` of the script go on, now or when it gets there.
  release() {
    const held = this.#held.shift();
    if (held) held.resolve();
    else this.#permits += 1;
  }

  // Resolves when the script stands at a `hold`.
  async holding() {
    if (this.#held.length > 0) return;
    const watcher = signal();
    this.#holdWatchers.push(watcher);
    await patiently(watcher.promise, 'a provider to reach its hold');
  }

  async stop() {
    for (const held of this.#held.splice(0)) held.resolve();
    const closed = signal();
    this.#server.close(closed.resolve);
    this.#server.closeAllConnections();
    await patiently(closed.promise, 'a provider to close');
  }

  async waitForRelease() {
    if (this.#permits > 0) {
      this.#permits -= 1;
      return;
    }
    const held = signal();
    this.#held.push(held);
    for (const watcher of this.#holdWatchers.splice(0)) watcher.resolve();
    await held.promise;
  }

  async #serve(request, response) {
    const served = (this.#served.get(request.socket) ?? 0) + 1;
    this.#served.set(request.socket, served);
    if (this.#closesReused && served > 1) {
      this.staleRequests += 1;
      request.socket.destroy();
      return;
    }
    const parts = [];
    for await (const part of request) parts.push(part);
    const record = new UpstreamRequest(request, response, Buffer.concat(parts), served);
    this.requests.push(record);
    for (const arrival of this.#arrivals.splice(0)) arrival.resolve();
    const answer = this.#script[Math.min(this.requests.length, this.#script.length) - 1];
    await answer({ record, response, upstream: this });
  }
}

// What the provider was asked.
class UpstreamRequest {
  constructor(request, response, body, onConnection) {
    this.method = request.method;
    this.path = request.url;
    this.headers = request.headers;
    this.rawHeaders = request.rawHeaders;
    this.body = body;
    this.onConnection = onConnection;  // 1: the first request of its connection
    this.brokenByUs = false;           // the script cut the connection itself
    const gone = signal();
    this.closed = new Promise((resolve) => response.once('close', resolve));
    this.closed.then(() => { if (!response.writableFinished && !this.brokenByUs) gone.resolve(); });
    this.gone = gone.promise;
  }
  get json() {
    return JSON.parse(this.body.toString('utf8'));
  }
  // Resolves when the gateway hangs up before it has the whole answer.
  aborted() {
    return patiently(this.gone, 'the gateway to cancel its request at the provider');
  }
}

// ---- lines of a script: whole answers ---------------------------------------------------------------

export function json(body, { status = 200, headers = {} } = {}) {
  return bytes(typeof body === 'string' ? body : JSON.stringify(body), {
    status, headers: { 'content-type': 'application/json', ...headers } });
}

export function bytes(content, { status = 200, headers = {} } = {}) {
  const body = Buffer.from(content);
  return ({ response }) => {
    response.writeHead(status, { 'content-length': body.length, ...headers });
    response.end(body);
  };
}

// An error in OpenAI's form.
export function status(code, { message = `scripted ${code}`, type = 'scripted_error', errorCode = null,
  headers } = {}) {
  return json({ error: { message, type, param: null, code: errorCode } }, { status: code, headers });
}

// A good chat answer, as JSON or as a stream, whichever was asked for.
export function says(text, options = {}) {
  return (exchange) => (exchange.record.json.stream
    ? saysInEvents([text], options)(exchange)
    : json(completion(text, options))(exchange));
}

// A good chat stream, one chunk for each piece; with the usage chunk if it was asked for.
export function saysInEvents(pieces, options = {}) {
  return (exchange) => sse(
    chunk({ role: 'assistant', content: '' }),
    ...pieces.map((piece) => chunk({ content: piece })),
    chunk({}, { finish_reason: 'stop' }),
    ...(exchange.record.json.stream_options?.include_usage ? [usageChunk(options.usage)] : []),
    kDone)(exchange);
}

// A whole answer in a compressed body.
export function gzipped(body) {
  return bytes(zlib.gzipSync(JSON.stringify(body)), {
    headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' } });
}

// A good answer whose connection is closed right after it, although keep-alive was promised.
export function thenCloses(answer) {
  return async (exchange) => {
    const { socket } = exchange.response;
    exchange.response.once('finish', () => socket.end());
    await answer(exchange);
  };
}

// ---- lines of a script: trouble ---------------------------------------------------------------------

// Takes the request and never answers.
export function hang() {}

// Waits for `release()`, then goes on with `answer`.
export function afterRelease(answer) {
  return async (exchange) => {
    await Promise.race([exchange.upstream.waitForRelease(), exchange.record.closed]);
    if (!exchange.response.destroyed) await answer(exchange);
  };
}

// Closes the connection instead of answering; `reset` with a RST.
export function closes({ record, response }) {
  record.brokenByUs = true;
  response.socket.destroy();
}
export function resets({ record, response }) {
  record.brokenByUs = true;
  response.socket.resetAndDestroy();
}

// Bytes on the socket as they are, then the end of the connection.
export function raw(content) {
  return ({ record, response }) => {
    record.brokenByUs = true;
    response.socket.end(content);
  };
}

// An answer that promises more bytes than come.
export function truncated(body) {
  const content = JSON.stringify(body);
  return raw('HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n' +
    `Content-Length: ${content.length + 100}\r\n\r\n${content}`);
}

// A good answer whose bytes come one by one.
export function drips(body) {
  const content = JSON.stringify(body);
  return async ({ response }) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': content.length });
    for (const byte of content) await written(response, byte);
    response.end();
  };
}

// ---- lines of a script: event streams ---------------------------------------------------------------

export const kDone = 'data: [DONE]\n\n';
export const hold = Symbol('waits for release()');
export const cut = Symbol('closes the connection in the middle of the answer');
export const reset = Symbol('resets the connection in the middle of the answer');

// What a slow provider does between two steps. No test waits for it to pass: it is there to outlast a time limit.
export function pauseOf(seconds) {
  const pause = () => new Promise((resolve) => setTimeout(resolve, seconds * 1000).unref());
  return ({ record }) => Promise.race([pause(), record.closed]);
}

// Comments, one after another, until the gateway has had enough: alive, but saying nothing.
export async function pingsForEver({ record, response }) {
  const timer = setInterval(() => response.write(': still thinking\n\n'), 50).unref();
  await record.closed;
  clearInterval(timer);
}

// An event stream. A step is text (sent as it is), an object (sent as an event), a function of the exchange, `hold`,
// `cut` or `reset`.
export function sse(...steps) {
  return async ({ record, response, upstream }) => {
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
    response.flushHeaders();
    for (const step of steps) {
      if (response.destroyed) return;
      if (step === hold) {
        await Promise.race([upstream.waitForRelease(), record.closed]);
      } else if (step === cut || step === reset) {
        record.brokenByUs = true;
        if (step === cut) response.socket.destroy();
        else response.socket.resetAndDestroy();
        return;
      } else if (typeof step === 'function') {
        await step({ record, response, upstream });
      } else {
        await written(response, typeof step === 'object' && !Buffer.isBuffer(step) ? event(step) : step);
      }
    }
    response.end();
  };
}

function written(response, content) {
  return new Promise((resolve) => response.write(content, resolve));
}

// ---- bodies -----------------------------------------------------------------------------------------

export const kUsage = { prompt_tokens: 7, completion_tokens: 5, total_tokens: 12 };

export function event(body) {
  return `data: ${JSON.stringify(body)}\n\n`;
}

export function completion(content, { usage = kUsage, finish_reason = 'stop', message = {}, ...members } = {}) {
  return {
    id: 'chatcmpl-e2e', object: 'chat.completion', created: 1700000000, model: 'upstream-model',
    choices: [{ index: 0, message: { role: 'assistant', content, ...message }, logprobs: null, finish_reason }],
    usage, ...members,
  };
}

export function chunk(delta, { finish_reason = null, index = 0, choice = {}, ...members } = {}) {
  return {
    id: 'chatcmpl-e2e', object: 'chat.completion.chunk', created: 1700000000, model: 'upstream-model',
    choices: [{ index, delta, finish_reason, ...choice }], ...members,
  };
}

export function usageChunk(usage = kUsage) {
  return { ...chunk({}), choices: [], usage };
}

export function toolCallChunk(callIndex, { id, name, args }) {
  const call = { index: callIndex, function: { arguments: args } };
  if (id) Object.assign(call, { id, type: 'function' });
  if (name) call.function.name = name;
  return chunk({ tool_calls: [call] });
}

export function errorEvent({ message = 'scripted failure', type = 'server_error', code = null } = {}) {
  return { error: { message, type, param: null, code } };
}
