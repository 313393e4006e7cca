// What was used when, from /admin/usage: requests, tokens and cost by hour or day, by model, provider or key.
import * as api from '../api.js';
import { choice, fill, h, table } from '../dom.js';
import { count, day, dollars, instant, milliseconds, minute, short, timeOf } from '../format.js';
import { stackedBars } from '../parts/chart.js';

const kHourMs = 3_600_000;
const kRanges = {
  '24h': { text: '24 hours', step: 'hour', steps: 24 },
  '72h': { text: '3 days', step: 'hour', steps: 72 },
  '7d': { text: '7 days', step: 'day', steps: 7 },
  '30d': { text: '30 days', step: 'day', steps: 30 },
  '90d': { text: '90 days', step: 'day', steps: 90 },
};
const kMeasures = {
  requests: { text: 'Requests', of: (row) => row.requests, format: short, least: 2 },
  tokens: { text: 'Tokens', of: (row) => row.tokens, format: short, least: 2 },
  cost: { text: 'Cost', of: (row) => row.cost, format: dollars, least: 0.01 },
};
const kGroups = { model: 'Model', provider: 'Provider', key: 'Key' };
const textsOf = (options) => Object.entries(options).map(([key, option]) => [key, option.text ?? option]);

export function historyView({ live }) {
  const asked = { range: '24h', measure: 'requests', group: 'model' };
  const place = h('div.history', { 'aria-busy': 'true' });
  let report = null;
  let question = 0;

  const change = (name, askAgain) => (value) => {
    asked[name] = value;
    if (askAgain) load();
    else draw();
  };
  const element = h(
    'section',
    h(
      'div.bar-of-tools',
      choice('Show', textsOf(kMeasures), asked.measure, change('measure', false)),
      choice('by', textsOf(kGroups), asked.group, change('group', true)),
      choice('over', textsOf(kRanges), asked.range, change('range', true)),
    ),
    place,
  );

  async function load() {
    const mine = ++question;
    const now = live.overview?.time;
    if (!now) return;
    const { step, steps } = kRanges[asked.range];
    const buckets = bucketsUntil(now, step, steps);
    try {
      const answer = await api.get('/admin/usage', { from: buckets[0].start, group_by: `${step},${asked.group}` });
      if (mine !== question) return;
      report = { ...answer, buckets, step };
      draw();
    } catch (error) {
      if (mine === question) fill(place, h('p.error', { role: 'alert' }, error.message));
    }
  }

  function draw() {
    if (!report) return;
    const measure = kMeasures[asked.measure];
    const title = `${measure.text} by ${asked.group}`;
    place.setAttribute('aria-busy', 'false');
    fill(
      place,
      h(
        'section.card',
        h('h2', title),
        stackedBars({
          title,
          buckets: report.buckets,
          series: seriesOf(report, asked.group, measure.of),
          format: measure.format,
          least: measure.least,
        }),
      ),
      h('section.card', h('h2', `Totals by ${asked.group}`), totals(report, asked.group)),
      report.unreadable_lines > 0 &&
        h('p.warning', `${count(report.unreadable_lines)} lines of the history can’t be read.`),
    );
  }

  return {
    title: 'History',
    element,
    enter(path, query, signal) {
      load();
      live.addEventListener('overview', load, { signal, once: true });
      const timer = setInterval(load, 60_000);
      signal.addEventListener('abort', () => clearInterval(timer));
    },
  };
}

// Every hour or day of the range, used or not; each begins at `start`.
function bucketsUntil(now, step, steps) {
  const length = step === 'hour' ? kHourMs : 24 * kHourMs;
  const last = Math.floor(instant(now) / length) * length;
  return Array.from({ length: steps }, (_, place) => {
    const start = timeOf(last - (steps - 1 - place) * length);
    return step === 'hour'
      ? {
          start,
          label: start.slice(11, 13) === '00' ? day(start) : minute(start),
          full: `${day(start)}, ${minute(start)}`,
        }
      : { start: start.slice(0, 10), label: day(start), full: day(start) };
  });
}

function seriesOf({ rows, buckets, step }, group, of) {
  const placeOf = new Map(buckets.map(({ start }, place) => [start, place]));
  const series = new Map();
  for (const row of rows) {
    const place = placeOf.get(row[step]);
    if (place === undefined) continue;
    const name = row[group];
    if (!series.has(name)) series.set(name, { name, values: new Array(buckets.length).fill(0) });
    series.get(name).values[place] += of(row);
  }
  return [...series.values()];
}

function totals({ rows, total }, group) {
  const sums = new Map();
  for (const row of rows) {
    const sum = sums.get(row[group]) ?? {
      requests: 0,
      tokens: 0,
      cached_tokens: 0,
      errors: 0,
      duration_ms: 0,
      cost: 0,
    };
    for (const name of Object.keys(sum)) sum[name] += row[name];
    sums.set(row[group], sum);
  }
  const cells = (name, sum) => [
    name,
    count(sum.requests),
    count(sum.tokens),
    count(sum.cached_tokens),
    count(sum.errors),
    milliseconds(sum.requests > 0 ? sum.duration_ms / sum.requests : null),
    dollars(sum.cost),
  ];
  const sorted = [...sums].sort(([, left], [, right]) => right.requests - left.requests);
  return table(
    `Totals by ${group}`,
    [
      [kGroups[group]],
      ['Requests', 'number'],
      ['Tokens', 'number'],
      ['From caches', 'number'],
      ['Failed tries', 'number'],
      ['Mean time', 'number'],
      ['Cost', 'number'],
    ],
    [...sorted.map(([name, sum]) => cells(name, sum)), cells(h('strong', 'All'), total)],
  );
}
