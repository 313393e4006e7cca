// Load whose exchanges can be told apart: each request has a number, and its answer uses as many tokens as the number
// says. So what was counted can be compared with what the clients received, in requests and in tokens.
import assert from 'node:assert/strict';
import http from 'node:http';

import { send } from './client.mjs';
import { chatBody } from './gateway.mjs';
import { bytes, chunk, event, kDone, says, Upstream, usageChunk } from './upstream.mjs';
import { signal } from './wait.mjs';

// Numbers that are the same for the same seed (mulberry32).
export class Dice {
  #state;

  constructor(seed) {
    this.#state = seed >>> 0;
  }
  // In [0, 1).
  throw() {
    this.#state = (this.#state + 0x6D2B79F5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }
  // A whole number in [from, to].
  between(from, to) {
    return from + Math.floor(this.throw() * (to - from + 1));
  }
  pick(list) {
    return list[this.between(0, list.length - 1)];
  }
}

// What happens to request `n` in some respect, as a number in [0, 100). Drawn by number, not by turn, so that client
// and provider agree on it, whoever comes first.
export function fateOf(n, respect = 0) {
  return new Dice(n * 31 + respect).between(0, 99);
}

// Few requests use the same.
export function usageOf(n) {
  const prompt = 10 + (n * 7919) % 997;
  const completion = 3 + (n * 104_729) % 499;
  return { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion };
}

export function tokensOf(n) {
  return usageOf(n).total_tokens;
}

// As Client asks it.
export function numberedBody(model, n, members = {}) {
  return chatBody(model, { messages: [{ role: 'user', content: `#${n}` }], ...members });
}

// The number of a request that a provider got.
export function numberOf(record) {
  return Number(record.json.messages[0].content.slice(1));
}

// A good answer with the usage of its number; a line of an upstream's script.
export function saysByNumber(exchange) {
  return says('an answer', { usage: usageOf(numberOf(exchange.record)) })(exchange);
}

// The same without leaving the event loop: a stream, too, comes in one piece.
export function saysAtOnce(exchange) {
  const { record } = exchange;
  if (!record.json.stream) return saysByNumber(exchange);
  const steps = [chunk({ role: 'assistant', content: '' }), chunk({ content: 'an answer' }, { finish_reason: 'stop' }),
    usageChunk(usageOf(numberOf(record)))];
  return bytes(steps.map(event).join('') + kDone, { headers: { 'content-type': 'text/event-stream' } })(exchange);
}

// Holds answers back until `open()`, so that all requests before it are in flight at once.
export class Gate {
  #arrived = 0;
  #expected;
  #full = signal();
  #opened = signal();

  constructor(expected) {
    this.#expected = expected;
  }
  // A line of a script.
  before(answer) {
    return async (exchange) => {
      this.#arrived += 1;
      if (this.#arrived === this.#expected) this.#full.resolve();
      await Promise.race([this.#opened.promise, exchange.record.closed]);
      await answer(exchange);
    };
  }
  // Resolves when as many requests wait as were expected; the caller's replies have a watchdog.
  full() {
    return this.#full.promise;
  }
  open() {
    this.#opened.resolve();
  }
}

// The answers to `count` questions that are asked at once; `ask` gets their numbers, from 0.
export function atOnce(count, ask) {
  return Promise.all(Array.from({ length: count }, (_, at) => ask(at)));
}

// The replies to `count` clients who ask at once; nobody is answered before as many as the gate expects are at the
// providers, and `refused` others have been sent away: where what ends makes room, who comes late would find it.
export async function race(gate, count, ask, refused = 0) {
  const allRefused = signal();
  let ended = 0;
  const replies = atOnce(count, async (at) => {
    const reply = await ask(at);
    if (++ended === refused) allRefused.resolve();
    return reply;
  });
  await Promise.race([Promise.all([gate.full(), refused > 0 ? allRefused.promise : undefined]), replies]);
  gate.open();
  return replies;
}

// A provider that remembers which requests it has answered well, or would have, had nobody been killed.
export class NumberedProvider {
  static async start(failureOf = () => null) {
    const provider = new NumberedProvider();
    provider.good = new Set();
    provider.held = null;  // exchanges whose answers are held back, if they are
    provider.upstream = await Upstream.start((exchange) => {
      const n = numberOf(exchange.record);
      const failure = failureOf(n);
      if (failure) return failure(exchange);
      provider.good.add(n);
      return provider.held ? provider.held.push(exchange) : saysByNumber(exchange);
    });
    return provider;
  }

  hold() {
    this.held = [];
  }
  forget() {
    this.good.clear();
    this.held = null;
    this.upstream.requests.length = 0;
  }
}

// One client with one connection, which it keeps.
class Client {
  #port;
  #agent = new http.Agent({ keepAlive: true, maxSockets: 1 });

  constructor(port) {
    this.#port = port;
  }

  // The whole answer, also to a stream; rejects when the connection breaks before its end.
  ask(model, n, members) {
    return send(this.#port, { method: 'POST', path: '/v1/chat/completions', body: numberedBody(model, n, members),
      agent: this.#agent });
  }

  close() {
    this.#agent.destroy();
  }
}

// Many clients, each with one request after the other until its connection breaks. They must all be answered.
export class Load {
  #port;
  #dice;
  #models;
  #nextNumber;
  #milestones = [];
  #ended;

  constructor(port, { clients, models, dice, nextNumber }) {
    this.#port = port;
    this.#dice = dice;
    this.#models = models;
    this.#nextNumber = nextNumber;
    this.killed = false;  // to be set before the gateway is: a broken connection is no failure then
    this.failed = false;
    this.whole = [];  // { n, model, provider }
    this.cut = [];    // { n, model }
    this.#ended = Promise.all(Array.from({ length: clients }, () => this.#runClient()));
    this.#ended.catch(() => { this.failed = true; });
  }

  // Resolves once so many answers have come whole; rejects when the load fails.
  async answers(count) {
    if (this.whole.length >= count) return;
    const milestone = { count, reached: signal() };
    this.#milestones.push(milestone);
    await Promise.race([milestone.reached.promise, this.#ended]);
  }

  // Resolves when no client has anything to wait for.
  ended() {
    return this.#ended;
  }

  async #runClient() {
    const client = new Client(this.#port);
    try {
      for (;;) {
        const n = this.#nextNumber();
        const model = this.#dice.pick(this.#models);
        const reply = await client.ask(model, n, { stream: fateOf(n, 1) < 50 }).catch((error) => {
          if (!this.killed) throw error;
          this.cut.push({ n, model });
        });
        if (reply === undefined) return;
        this.#take(n, model, reply);
      }
    } finally {
      client.close();
    }
  }

  #take(n, model, reply) {
    assert.equal(reply.status, 200, reply.text);
    if (reply.headers['content-type'].startsWith('text/event-stream')) assert.match(reply.text, /data: \[DONE\]\n\n$/);
    this.whole.push({ n, model, provider: reply.headers['x-gateway-provider'] });
    this.#milestones = this.#milestones.filter(({ count, reached }) => {
      if (this.whole.length >= count) reached.resolve();
      return this.whole.length < count;
    });
  }
}
