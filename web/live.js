// What happens now: one EventSource of /admin/events for the whole page, closed while nobody looks.
//
// `state` is 'off', 'connecting', 'live' or 'reconnecting'. It tells 'state', 'overview' (a frame each second),
// 'requests' (summaries, the newest last), 'gap' (something was missed: ask again), 'change' (providers have changed
// their states) and 'lost' (the stream has ended, and is tried again).
import { announce } from './dom.js';

const kSamplesMax = 300;
const kChangesMax = 30;
const kRateSeconds = 5; // over which a rate is taken
const kSilenceMs = 6_000; // after which a stream is taken for dead: a frame comes each second
const kBackoffMs = [500, 1_000, 2_000, 4_000, 8_000, 15_000];

export class Live extends EventTarget {
  state = 'off';
  overview = null;
  samples = []; // {at, requests, errors, tokens, streams} with rates per second; the newest last
  changes = []; // {time, model, provider, state, reason, before}; the newest first
  #source = null;
  #timer = null;
  #failures = 0;
  #frames = [];
  #silence = null; // the timer that ends a stream which says nothing
  #wanted = false;

  constructor() {
    super();
    document.addEventListener('visibilitychange', () => this.#follow());
  }

  start() {
    this.#wanted = true;
    this.#follow();
  }

  stop() {
    this.#wanted = false;
    this.#follow();
  }

  // Totals a second, over the last frames; null before there are two.
  get rates() {
    return this.samples.at(-1) ?? null;
  }

  #follow() {
    const open = this.#wanted && !document.hidden;
    if (open && !this.#source && !this.#timer) this.#connect();
    if (!open) this.#close('off');
  }

  #connect() {
    this.#timer = null;
    this.#say(this.overview ? 'reconnecting' : 'connecting');
    const source = new EventSource('/admin/events');
    this.#source = source;
    source.addEventListener('overview', (event) => this.#take(JSON.parse(event.data)));
    source.addEventListener('requests', (event) => this.#tell('requests', JSON.parse(event.data).requests));
    source.onerror = () => this.#retry();
    this.#watch();
  }

  #watch() {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => this.#retry(), kSilenceMs);
  }

  // An EventSource says nothing of the status that it got.
  #retry() {
    this.#close('reconnecting');
    const pause = kBackoffMs[Math.min(this.#failures++, kBackoffMs.length - 1)];
    this.#timer = setTimeout(() => this.#connect(), pause);
    this.#tell('lost');
  }

  #close(state) {
    clearTimeout(this.#silence);
    clearTimeout(this.#timer);
    this.#timer = null;
    this.#source?.close();
    this.#source = null;
    this.#say(state);
  }

  #take(frame) {
    this.#watch();
    const before = this.overview;
    const missed = before !== null && (this.state !== 'live' || frame.seq !== before.seq + 1);
    this.#failures = 0;
    this.overview = frame;
    this.#sample(frame, before, missed);
    if (before) this.#compare(before, frame);
    this.#say('live');
    if (missed) this.#tell('gap');
    this.#tell('overview', frame);
  }

  #sample(frame, before, missed) {
    const restarted = before !== null && frame.uptime_seconds < before.uptime_seconds;
    if (restarted || missed) this.#frames = [];
    if (restarted) this.samples = [];
    const at = performance.now() / 1000;
    this.#frames.push({ at, totals: frame.totals });
    while (this.#frames.length > 2 && at - this.#frames[0].at > kRateSeconds + 0.5) this.#frames.shift();
    const first = this.#frames[0];
    if (at - first.at < 0.5) return;
    const perSecond = (of) => Math.max(0, (of(frame.totals) - of(first.totals)) / (at - first.at));
    this.samples.push({
      at,
      requests: perSecond((totals) => totals.requests),
      errors: perSecond((totals) => totals.errors),
      tokens: perSecond((totals) => totals.tokens_in + totals.tokens_out),
      streams: frame.now.streams,
    });
    if (this.samples.length > kSamplesMax) this.samples.shift();
  }

  #compare(before, frame) {
    const known = new Map();
    for (const { model, providers } of before.models) {
      for (const provider of providers) known.set(`${model}\n${provider.name}`, provider.state);
    }
    const changes = [];
    for (const { model, providers } of frame.models) {
      for (const { name, state, reason } of providers) {
        const old = known.get(`${model}\n${name}`);
        if (old === undefined || old === state) continue;
        changes.push({ time: frame.time, model, provider: name, state, reason, before: old });
      }
    }
    if (changes.length === 0) return;
    this.changes = [...changes, ...this.changes].slice(0, kChangesMax);
    const said = changes.slice(0, 3).map(({ model, provider, state }) => `${provider} of ${model}: ${state}`);
    if (changes.length > 3) said.push(`and ${changes.length - 3} more`);
    announce(said.join('; '));
    this.#tell('change', changes);
  }

  #say(state) {
    if (state === this.state) return;
    this.state = state;
    this.#tell('state', state);
  }

  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}
