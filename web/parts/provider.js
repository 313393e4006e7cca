// A provider as models and warnings show it: its state in a word and a colour, its card, its troubles.
import { fill, h, keepList, setAttribute, setText } from '../dom.js';
import { clock, count, instant, milliseconds, percent, plural, timeOf, when } from '../format.js';
import { keepQuotas } from './quota.js';

// By state: the tone, of which there are ok, warn, bad and off, and the words.
const kStates = {
  healthy: ['ok', 'healthy'],
  cooling: ['warn', 'cooling down'],
  limited: ['warn', 'at its limit'],
  down: ['bad', 'down'],
  exhausted: ['bad', 'exhausted'],
  unusable: ['bad', 'unusable'],
  disabled: ['off', 'disabled'],
};

export const toneOf = (state) => kStates[state]?.[0] ?? 'off';
export const wordOf = (state) => kStates[state]?.[1] ?? state;
export const canServe = (provider) => provider.state === 'healthy';
// It failed several times in a row, and each request tries it first all the same.
export const isStillAsked = ({ state, reason }) => state === 'down' && !reason;
export const isTroubled = (provider) => !['healthy', 'disabled'].includes(provider.state);

// `cooling down until 14:05:12`
export function stateText({ state, free_in_seconds: seconds }, now) {
  if (seconds === null || seconds === undefined || state === 'healthy' || state === 'disabled') return wordOf(state);
  const until = timeOf(instant(now) + seconds * 1000);
  return `${wordOf(state)} until ${seconds < 3600 ? clock(until) : when(until, now)}`;
}

export function badge() {
  return h('span.badge');
}
export function updateBadge(element, provider, now) {
  setAttribute(element, 'data-tone', toneOf(provider.state));
  setText(element, stateText(provider, now));
}

// Providers of equal priority, the first tier first.
export function tiersOf(providers) {
  const tiers = new Map();
  for (const provider of providers) {
    if (!tiers.has(provider.priority)) tiers.set(provider.priority, []);
    tiers.get(provider.priority).push(provider);
  }
  return [...tiers].sort(([left], [right]) => left - right).map(([priority, members]) => ({ priority, members }));
}

// ---- its card -------------------------------------------------------------------------------------------

export function providerCard() {
  const parts = {
    name: h('strong.name'),
    badge: badge(),
    type: h('span.muted'),
    weight: h('span.muted'),
    latency: h('dd'),
    share: h('dd'),
    flight: h('dd'),
    quotas: h('div'),
    trouble: h('p.trouble'),
  };
  const card = h(
    'li.provider',
    h('div.head', parts.name, parts.type),
    h('div.head', parts.badge, parts.weight),
    h(
      'dl.facts',
      h('div', h('dt', 'latency'), parts.latency),
      h('div', h('dt', 'traffic'), parts.share),
      h('div', h('dt', 'in flight'), parts.flight),
    ),
    parts.quotas,
    parts.trouble,
  );
  card.parts = parts;
  return card;
}

// `around`: the requests of its model, the weights of its tier, the time.
export function updateProviderCard(card, provider, { requests, weights, now }) {
  const { parts } = card;
  setAttribute(card, 'data-tone', toneOf(provider.state));
  setText(parts.name, provider.name);
  updateBadge(parts.badge, provider, now);
  setText(parts.type, provider.type);
  setText(parts.weight, weights > provider.weight ? `weight ${percent(provider.weight / weights)}` : '');
  setText(parts.latency, provider.requests > 0 ? milliseconds(provider.average_latency_ms) : '–');
  setText(parts.share, requests > 0 ? percent(provider.requests / requests) : '–');
  setText(parts.flight, count(provider.in_flight));
  keepQuotas(parts.quotas, provider.windows, now);
  setText(parts.trouble, troubleText(provider));
}

function troubleText({ state, reason, last_error: last, errors }) {
  const said = state === 'healthy' || !reason ? [] : [reason];
  if (last && !(reason ?? '').includes(last.reason)) said.push(`last failure ${clock(last.at)}: ${last.reason}`);
  if (errors > 0) said.push(plural(errors, 'failed attempt'));
  return said.join(' · ');
}

// A line for each provider that is in trouble, for the front page.
export function troubleList() {
  return h('ul.lines');
}
export function updateTroubleList(list, models, now) {
  const troubled = models.flatMap(({ model, providers }) =>
    providers.filter(isTroubled).map((provider) => ({ model, provider })),
  );
  keepList(
    list,
    troubled.slice(0, 12),
    ({ model, provider }) => `${model}\n${provider.name}`,
    () => h('li', badge(), h('a'), h('span.muted')),
    (line, { model, provider }) => {
      const [state, link, reason] = line.children;
      updateBadge(state, provider, now);
      setText(link, `${provider.name} of ${model}`);
      setAttribute(link, 'href', `#/models/${encodeURIComponent(model)}`);
      setText(reason, provider.reason ?? provider.last_error?.reason ?? '');
    },
  );
  if (troubled.length > 12) list.append(fill(h('li.muted'), `and ${plural(troubled.length - 12, 'other')}`));
  return troubled.length;
}
