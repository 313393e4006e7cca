// The front page: how fast, how many, how much, and what is wrong.
import * as api from '../api.js';
import { h, keepList, setText } from '../dom.js';
import { clock, count, dollars, percent, plural, rate, short, span } from '../format.js';
import { sparkline } from '../parts/chart.js';
import { badge, troubleList, updateBadge, updateTroubleList, wordOf } from '../parts/provider.js';
import { requestTable } from './requests.js';

const kCostEveryMs = 60_000;
const kRecent = 8;

export function nowView({ live, recent }) {
  const tiles = {
    requests: tile('Requests a second'),
    tokens: tile('Tokens a second'),
    streams: tile('Streams in flight'),
    errors: tile('Errors a second', 'bad'),
  };
  const facts = h('dl.facts.wide.five');
  const warnings = h('div.warnings', { role: 'status' });
  const troubles = troubleList();
  const troubleNote = h('p.muted');
  const changes = h('ul.lines');
  const changesNote = h('p.muted', 'No provider has changed its state while this page was open.');
  const latest = requestTable();
  const element = h(
    'section',
    warnings,
    h('div.tiles', Object.values(tiles)),
    facts,
    h(
      'div.columns',
      h('section.card', h('h2', 'Needs attention'), troubleNote, troubles),
      h('section.card', h('h2', 'Changes of state'), changesNote, changes),
    ),
    h('section.card', h('h2', 'Latest requests'), latest),
  );
  let today = null; // { cost, requests, since: totals at that time }

  function show() {
    const frame = live.overview;
    if (!frame) return;
    showRates();
    showWarnings(frame);
    showFacts(frame);
    const troubled = updateTroubleList(troubles, frame.models, frame.time);
    const providers = frame.models.reduce((sum, model) => sum + model.providers.length, 0);
    setText(
      troubleNote,
      troubled > 0 ? '' : `Nothing. ${plural(frame.models.length, 'model')}, ${plural(providers, 'provider')}.`,
    );
  }

  function showRates() {
    const now = live.rates;
    for (const [name, tileOf] of Object.entries(tiles)) {
      const values = live.samples.map((sample) => sample[name]);
      tileOf.update(name === 'streams' ? count(live.overview.now.streams) : rate(now?.[name]), values);
    }
  }

  function showWarnings(frame) {
    const said = [];
    if (!frame.disk_ok)
      said.push('The disk can’t be written: counters are kept in memory, and are lost if the gateway ends.');
    if (frame.draining) said.push('The gateway is stopping: it finishes what is under way and takes nothing new.');
    keepList(
      warnings,
      said,
      (text) => text,
      (text) => h('p.warning', text),
    );
  }

  function showFacts({ totals, now, uptime_seconds: uptime }) {
    const costToday = today && today.cost + Math.max(0, totals.cost - today.since.cost);
    const failed = totals.requests > 0 ? totals.errors / totals.requests : null;
    keepList(
      facts,
      [
        ['Cost today', dollars(costToday)],
        ['Cost since start', dollars(totals.cost)],
        ['Requests since start', count(totals.requests)],
        ['Failed since start', percent(failed)],
        ['Tokens in', short(totals.tokens_in)],
        ['Tokens out', short(totals.tokens_out)],
        ['Tokens from caches', short(totals.cached_tokens)],
        ['In flight', count(now.exchanges)],
        ['Waiting', count(now.queued)],
        ['Up for', span(uptime)],
      ],
      ([name]) => name,
      ([name]) => h('div', h('dt', name), h('dd')),
      (fact, [, value]) => setText(fact.lastChild, value),
    );
  }

  function showChanges() {
    changesNote.hidden = live.changes.length > 0;
    keepList(
      changes,
      live.changes.slice(0, 8),
      ({ time, model, provider, state }) => [time, model, provider, state].join('\n'),
      (change) => {
        const state = badge();
        updateBadge(state, { state: change.state }, change.time);
        return h(
          'li',
          h('time.muted.number', clock(change.time)),
          state,
          h('a', { href: `#/models/${encodeURIComponent(change.model)}` }, `${change.provider} of ${change.model}`),
          h('span.muted', change.reason ?? `was ${wordOf(change.before)}`),
        );
      },
    );
  }

  const showRecent = () => latest.update(recent.list.slice(0, kRecent));

  async function askCost() {
    const time = live.overview?.time;
    if (!time) return;
    const since = live.overview.totals;
    const report = await api.get('/admin/usage', { from: time.slice(0, 10), group_by: 'day' }).catch(() => null);
    if (report) today = { cost: report.total.cost, since };
    show();
  }

  return {
    title: 'Now',
    element,
    enter(path, query, signal) {
      live.addEventListener(
        'overview',
        () => {
          if (!today) askCost();
        },
        { signal, once: true },
      );
      live.addEventListener('overview', show, { signal });
      live.addEventListener('change', showChanges, { signal });
      recent.addEventListener('change', showRecent, { signal });
      const timer = setInterval(askCost, kCostEveryMs);
      signal.addEventListener('abort', () => clearInterval(timer));
      askCost();
      show();
      showChanges();
      showRecent();
    },
  };
}

function tile(title, tone = null) {
  const value = h('span.value', '–');
  const line = sparkline(`${title}, the last minutes`);
  const element = h('section.tile.card', { 'data-tone': tone }, h('h2', title), value, line);
  element.update = (text, values) => {
    setText(value, text);
    line.update(values);
  };
  return element;
}
