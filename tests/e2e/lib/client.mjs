// The client side: whole replies, event streams, and raw bytes on a socket for what no decent client would send.
//
// Each request has its own connection unless it comes with an `agent`, so that no test meets another's stale socket.
import http from 'node:http';
import net from 'node:net';

import { kPatienceMs, patiently, signal } from './wait.mjs';

// A whole answer. `headers` are in lower case; `json` parses on demand.
export class Reply {
  constructor(status, headers, bytes) {
    Object.assign(this, { status, headers, bytes });
  }
  get text() {
    return this.bytes.toString('utf8');
  }
  get json() {
    return JSON.parse(this.text);
  }
  get content() {
    return this.json.choices[0].message.content;
  }
  get error() {
    return this.json.error;
  }
}

function start(port, { method = 'GET', path = '/', headers = {}, body, agent = false, host = '127.0.0.1' }) {
  const bytes = body === undefined ? undefined
    : typeof body === 'string' || Buffer.isBuffer(body) ? Buffer.from(body)
    : Buffer.from(JSON.stringify(body));
  const all = { ...headers };
  const named = Object.keys(all).map((name) => name.toLowerCase());
  if (bytes && !named.includes('content-type')) all['content-type'] = 'application/json';
  if (bytes && !named.includes('transfer-encoding')) all['content-length'] = bytes.length;
  const request = http.request({ host, port, method, path, headers: all, agent });
  const answered = signal();
  request.on('socket', (socket) => socket.unref());  // who waits for it has a watchdog
  request.on('response', answered.resolve);
  request.on('error', answered.reject);
  request.end(bytes);
  return { request, answered: patiently(answered.promise, `an answer to ${method} ${path}`) };
}

// The whole answer to one request. Rejects when the connection breaks before its end.
export async function send(port, options) {
  const { request, answered } = start(port, options);
  try {
    const response = await answered;
    return new Reply(response.statusCode, response.headers, await bodyOf(response));
  } finally {
    request.destroy();
  }
}

// The body of an answer, from its first byte to its end.
export function bodyOf(response) {
  return patiently(collect(response), `the end of the answer to ${response.req.method} ${response.req.path}`);
}

async function collect(response) {
  const parts = [];
  for await (const part of response) parts.push(part);
  return Buffer.concat(parts);
}

// A request whose answer is an event stream. Resolves once the head of the answer is there.
export async function openStream(port, options) {
  const { request, answered } = start(port, options);
  return new EventStream(request, await answered);
}

// A request that is given up on: `abort()` closes its connection, whatever has come until then.
export function startRequest(port, options) {
  const { request, answered } = start(port, options);
  answered.catch(() => {});
  return { answered, abort: () => request.destroy() };
}

// Events as they come. An event is `{ event, data, json, comment }`: a comment line comes as an event of its own.
export class EventStream {
  #request;
  #waiting = [];    // those who want the next event
  #events = [];     // those that nobody has taken
  #rest = Buffer.alloc(0);
  #parts = [];
  #over = false;

  constructor(request, response) {
    this.#request = request;
    this.status = response.statusCode;
    this.headers = response.headers;
    this.cut = false;  // the connection broke before the answer's proper end
    this.ended = signal();
    response.on('data', (bytes) => this.#take(bytes));
    response.on('error', () => { this.cut = true; });
    response.on('close', () => {
      this.cut ||= !response.complete;
      this.#over = true;
      for (const waiting of this.#waiting.splice(0)) waiting.resolve(null);
      this.ended.resolve();
    });
  }

  // All bytes of the body until now.
  get bytes() {
    return Buffer.concat(this.#parts);
  }

  // The next event or comment, null at the end.
  async next() {
    if (this.#events.length > 0) return this.#events.shift();
    if (this.#over) return null;
    const wanted = signal();
    this.#waiting.push(wanted);
    return patiently(wanted.promise, 'the next event of a stream');
  }

  // The next event that is not a comment; comments alone do not keep a test waiting for ever.
  async nextEvent() {
    for (const deadline = Date.now() + kPatienceMs; Date.now() < deadline;) {
      const event = await this.next();
      if (event === null || event.comment === undefined) return event;
    }
    throw new Error(`nothing but comments for ${kPatienceMs} ms`);
  }

  // Everything that is still to come, without the comments.
  async rest() {
    const events = [];
    for (let event = await this.nextEvent(); event !== null; event = await this.nextEvent()) events.push(event);
    return events;
  }

  abort() {
    this.#request.destroy();
  }

  #take(bytes) {
    this.#parts.push(bytes);
    this.#rest = this.#rest.length > 0 ? Buffer.concat([this.#rest, bytes]) : bytes;
    for (let end = this.#rest.indexOf('\n\n'); end >= 0; end = this.#rest.indexOf('\n\n')) {
      const block = this.#rest.subarray(0, end).toString('utf8');
      this.#rest = this.#rest.subarray(end + 2);
      for (const event of parseBlock(block)) this.#give(event);
    }
  }

  #give(event) {
    const waiting = this.#waiting.shift();
    if (waiting) waiting.resolve(event);
    else this.#events.push(event);
  }
}

function parseBlock(block) {
  const events = [];
  const data = [];
  let name;
  for (const line of block.split(/\r?\n/)) {
    if (line.startsWith(':')) events.push({ comment: line.slice(1).trim() });
    else if (line.startsWith('data:')) data.push(line.slice(5).replace(/^ /, ''));
    else if (line.startsWith('event:')) name = line.slice(6).trim();
  }
  if (data.length > 0) {
    const text = data.join('\n');
    events.push({ event: name, data: text, get json() { return JSON.parse(text); } });
  }
  return events;
}

// What the chunks of a chat stream say, put together for one choice.
export function textOf(events, index = 0) {
  return events
    .filter((event) => event.data !== '[DONE]')
    .flatMap((event) => event.json.choices ?? [])
    .filter((choice) => choice.index === index)
    .map((choice) => choice.delta?.content ?? '')
    .join('');
}

// A socket that sends exactly the bytes it is told to.
export class RawConnection {
  #socket;
  #bytes = Buffer.alloc(0);
  #news = signal();

  static async open(port, host = '127.0.0.1') {
    const socket = net.connect(port, host);
    const made = new RawConnection(socket);
    const connected = signal();
    socket.once('connect', connected.resolve);
    socket.once('error', connected.reject);
    await patiently(connected.promise, `a connection to port ${port}`);
    return made;
  }

  constructor(socket) {
    this.#socket = socket;
    this.over = false;
    this.#socket.setNoDelay(true);
    this.#socket.unref();
    this.#socket.on('data', (bytes) => {
      this.#bytes = Buffer.concat([this.#bytes, bytes]);
      this.#tell();
    });
    this.#socket.on('error', () => {});  // a reset is a close, too; `close` follows
    this.#socket.on('end', () => this.#finish());
    this.#socket.on('close', () => this.#finish());
  }

  write(bytes) {
    if (!this.#socket.destroyed) this.#socket.write(bytes);
    return this;
  }

  close() {
    this.#socket.destroy();
  }

  // Resolves with what came unread before the other end closed the connection.
  async closed() {
    while (!this.over) await patiently(this.#news.promise, 'the other end to close the connection');
    return this.#bytes;
  }

  // The next answer on this connection, or null when it was closed without one.
  // `noBody`: the answer to a HEAD request.
  async reply({ noBody = false } = {}) {
    const headEnd = await this.#until(() => endOf(this.#bytes, '\r\n\r\n'));
    if (headEnd === null) return null;
    const [statusLine, ...lines] = this.#drop(headEnd).toString('latin1').trimEnd().split('\r\n');
    const headers = {};
    for (const line of lines) headers[line.slice(0, line.indexOf(':')).toLowerCase()] = line.slice(line.indexOf(':') +
      1).trim();
    const status = Number(statusLine.split(' ')[1]);
    const reply = new Reply(status, headers, noBody ? Buffer.alloc(0) : await this.#body(status, headers));
    reply.version = statusLine.split(' ')[0];
    return reply;
  }

  async #body(status, headers) {
    if (status < 200 || status === 204 || status === 304) return Buffer.alloc(0);
    if (headers['transfer-encoding'] === 'chunked') return this.#chunkedBody();
    if (headers['content-length'] === undefined) {
      const bytes = await this.closed();
      this.#bytes = Buffer.alloc(0);
      return bytes;
    }
    const length = Number(headers['content-length']);
    if (await this.#until(() => (this.#bytes.length >= length ? length : null)) === null) {
      throw new Error('the connection was closed inside a body');
    }
    return this.#drop(length);
  }

  async #chunkedBody() {
    const parts = [];
    for (;;) {
      const lineEnd = await this.#until(() => endOf(this.#bytes, '\r\n'));
      if (lineEnd === null) throw new Error('the connection was closed inside a chunked body');
      const length = parseInt(this.#drop(lineEnd).toString('latin1'), 16);
      if (await this.#until(() => (this.#bytes.length >= length + 2 ? 1 : null)) === null) {
        throw new Error('the connection was closed inside a chunk');
      }
      parts.push(this.#drop(length));
      this.#drop(2);
      if (length === 0) return Buffer.concat(parts);
    }
  }

  #drop(length) {
    const taken = this.#bytes.subarray(0, length);
    this.#bytes = this.#bytes.subarray(length);
    return taken;
  }

  // What `look` finds as soon as it finds something; null when the connection ends before.
  async #until(look) {
    for (;;) {
      const found = look();
      if (found !== null) return found;
      if (this.over) return null;
      await patiently(this.#news.promise, 'bytes on a raw connection', kPatienceMs);
    }
  }

  #finish() {
    this.over = true;
    this.#tell();
  }

  #tell() {
    const told = this.#news;
    this.#news = signal();
    told.resolve();
  }
}

function endOf(bytes, mark) {
  const at = bytes.indexOf(mark);
  return at < 0 ? null : at + mark.length;
}
