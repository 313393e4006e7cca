// The latest requests, the newest first: asked for once, then kept up to date by the stream, and asked for again when
// something of it was missed. Tells 'change'.
import * as api from './api.js';

const kKept = 200;

export class Recent extends EventTarget {
  list = [];
  error = null;
  #live;
  #filter = {};
  #question = 0;

  constructor(live) {
    super();
    this.#live = live;
    live.addEventListener('requests', ({ detail }) => this.#take(detail));
    live.addEventListener('gap', () => this.ask());
  }

  // Which ones: { model, provider, key, status, min_ms }, as /admin/requests takes them.
  filter(by) {
    this.#filter = by;
    return this.ask();
  }

  async ask() {
    const question = ++this.#question;
    try {
      const { requests } = await api.get('/admin/requests', { ...this.#filter, limit: kKept });
      if (question !== this.#question) return;
      this.list = requests;
      this.error = null;
    } catch (error) {
      if (question !== this.#question) return;
      this.error = error;
    }
    this.dispatchEvent(new Event('change'));
  }

  #take(summaries) {
    const known = new Set(this.list.map(({ id, time }) => `${id} ${time}`));
    const fresh = summaries.filter((one) => passes(one, this.#filter) && !known.has(`${one.id} ${one.time}`));
    if (fresh.length === 0) return;
    this.list = [...fresh.reverse(), ...this.list].slice(0, kKept);
    this.dispatchEvent(new Event('change'));
  }
}

export function passes(summary, { model, provider, key, status, min_ms: slow }) {
  return (
    (!model || summary.model === model || summary.route === model) &&
    (!provider || summary.provider === provider) &&
    (!key || summary.key === key) &&
    (!status || hasStatus(summary, status)) &&
    (!slow || summary.total_ms >= Number(slow))
  );
}

function hasStatus({ status, error }, wanted) {
  if (wanted === 'failed') return status >= 500 || (Boolean(error) && status < 400);
  if (/^\dxx$/.test(wanted)) return Math.floor(status / 100) === Number(wanted[0]);
  return status === Number(wanted);
}
