// Quotas and budgets: a bar for each window, with the time to its reset and until when it lasts at the present pace.
import { h, keepList, setAttribute, setText, setVars } from '../dom.js';
import { count, dollars, short, span, when } from '../format.js';

// `14,200 of 20,000 requests`; how it ends; until when it lasts.
function quotaText({ unit, used, limit, account }) {
  const shown = unit === 'cost' ? dollars : limit >= 100_000 ? short : count;
  const amounts = `${shown(used)} of ${shown(limit)}${unit === 'cost' ? '' : ` ${unit}`}`;
  return account ? `${amounts}, account ${account}` : amounts;
}
function resetText({ next_reset: reset, resets_in_seconds: seconds, period }, now) {
  if (seconds !== null && seconds !== undefined) return `resets in ${span(seconds)}`;
  if (reset) return `resets ${when(reset, now)}`;
  return period === 'never' ? 'never reset' : 'begins with its first request';
}
function forecastText({ used, limit, exhausted_at: end }, now) {
  if (used >= limit) return 'used up';
  return end ? `lasts until ~${when(end, now)} at this pace` : '';
}

export function quota() {
  const bar = h('span.bar', { 'aria-hidden': 'true' }, h('span'));
  return h('div.quota', h('span.used'), bar, h('span.ends'), h('span.forecast'));
}

export function updateQuota(element, window, now) {
  const [used, bar, ends, forecast] = element.children;
  const part = window.limit > 0 ? Math.min(1, window.used / window.limit) : 1;
  const runsOut = window.exhausted_at !== null && window.exhausted_at !== undefined;
  setText(used, quotaText(window));
  setAttribute(bar, 'data-tone', part >= 1 ? 'bad' : part >= 0.8 || runsOut ? 'warn' : 'ok');
  setVars(bar, { part: part.toFixed(4) });
  setText(ends, resetText(window, now));
  setText(forecast, forecastText(window, now));
}

export const keepQuotas = (parent, windows, now) =>
  keepList(
    parent,
    windows ?? [],
    ({ account, period, unit }) => [account, period, unit].join(' '),
    quota,
    (element, window) => updateQuota(element, window, now),
  );
