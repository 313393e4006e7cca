// What a key or an owner has used, and what is left to it.
import { h, keepList, setText } from '../dom.js';
import { count, dollars, short } from '../format.js';
import { keepQuotas } from './quota.js';

// Brings `parts.facts` and `parts.quotas` up to date with a key or an owner, as /admin tells of it.
export function keepUse(parts, { usage, rates, budget_left: budget }, now) {
  const facts = [
    ['Requests', count(usage.total_requests)],
    ['Tokens', short(usage.total_tokens)],
    ['Cost', dollars(usage.total_cost)],
    ...limitFacts(rates),
  ];
  keepList(
    parts.facts,
    facts,
    ([name]) => name,
    ([name]) => h('div', h('dt', name), h('dd')),
    (fact, [, value]) => setText(fact.lastChild, value),
  );
  keepQuotas(parts.quotas, windowsOf(budget), now);
}

// What is left of the limits of a minute, as [name, value].
function limitFacts(rates) {
  if (!rates) return [];
  const { requests_per_minute: requests, tokens_per_minute: tokens, max_concurrent: atOnce } = rates;
  return [
    requests && ['Requests left a minute', `${count(requests.remaining)} of ${count(requests.limit)}`],
    tokens && ['Tokens left a minute', `${short(tokens.remaining)} of ${short(tokens.limit)}`],
    atOnce && ['At once left', `${count(atOnce.remaining)} of ${count(atOnce.limit)}`],
  ].filter(Boolean);
}

// The windows of a budget, one for each unit that it limits, as quotas are shown.
const windowsOf = (budget) =>
  (budget ?? []).flatMap((window) =>
    ['requests', 'tokens', 'cost']
      .filter((unit) => window[`limit_${unit}`] !== null)
      .map((unit) => ({
        period: window.period,
        unit,
        used: window[unit],
        limit: window[`limit_${unit}`],
        next_reset: window.next_reset,
        exhausted_at: window.exhausted_at,
      })),
  );
