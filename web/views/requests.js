// The recent requests, live, and the way to the story of each.
import * as api from '../api.js';
import { fill, h, keepList, newId, setAttribute, setText } from '../dom.js';
import { clock, count, dollars, milliseconds, plural } from '../format.js';
import { Recent } from '../recent.js';
import { storyOf } from './story.js';

// ---- one in a line --------------------------------------------------------------------------------------

export const statusTone = ({ status, error }) =>
  status >= 500 ? 'bad' : status >= 400 || error ? 'warn' : status >= 200 ? 'ok' : 'off';

const kColumns = ['Time', 'Status', 'Model', 'Provider', 'Key', 'Tokens in', 'Out', 'First token', 'Total', 'Cost'];
const kNumbers = new Set(['Tokens in', 'Out', 'First token', 'Total', 'Cost']);

// A table of summaries; `update(list)` keeps the rows that are there.
export function requestTable() {
  const body = h('tbody');
  const empty = h('p.muted', 'None yet.');
  const element = h(
    'div.scroll.requests',
    { tabindex: 0, role: 'region', 'aria-label': 'Requests' },
    h(
      'table',
      h(
        'thead',
        h(
          'tr',
          kColumns.map((title) => h('th', { scope: 'col', class: kNumbers.has(title) ? 'number' : '' }, title)),
        ),
      ),
      body,
    ),
    empty,
  );
  element.update = (list) => {
    empty.hidden = list.length > 0;
    keepList(body, list, ({ id, time }) => `${id} ${time}`, row);
  };
  return element;
}

function row(summary) {
  const cells = [
    h('a', { href: storyAddress(summary.id) }, clock(summary.time)),
    h('span.badge', { 'data-tone': statusTone(summary), title: summary.error ?? '' }, String(summary.status)),
    summary.model || '–',
    [
      summary.provider ?? 'nobody',
      summary.switches > 0 && h('small.note', plural(summary.switches, 'switch', 'switches')),
      summary.switches === 0 && summary.attempts > 1 && h('small.note', plural(summary.attempts, 'attempt')),
    ],
    summary.key,
    count(summary.tokens_in),
    count(summary.tokens_out),
    milliseconds(summary.first_token_ms),
    milliseconds(summary.total_ms),
    dollars(summary.cost),
  ];
  const line = h(
    'tr',
    cells.map((cell, place) =>
      h('td', { 'data-title': kColumns[place], class: kNumbers.has(kColumns[place]) ? 'number' : '' }, cell),
    ),
  );
  // The whole line leads there, the link is for the keyboard.
  line.addEventListener('click', (event) => {
    if (!event.target.closest('a') && String(getSelection()) === '') location.hash = storyAddress(summary.id);
  });
  return line;
}

export const storyAddress = (id) => `#/requests/${encodeURIComponent(id)}`;

// ---- all of them ----------------------------------------------------------------------------------------

const kStatuses = [
  ['', 'any'],
  ['2xx', '2xx good'],
  ['failed', 'failed'],
  ['4xx', '4xx refused'],
  ['5xx', '5xx failed'],
  ['429', '429 over a limit'],
];
const kSlow = [
  ['', 'any'],
  ['1000', 'over 1 s'],
  ['5000', 'over 5 s'],
  ['20000', 'over 20 s'],
  ['60000', 'over 1 min'],
];

export function requestsView({ live, go }) {
  const recent = new Recent(live);
  const list = requestTable();
  const error = h('p.error', { role: 'alert', hidden: true });
  const found = h('span.muted', { role: 'status' });
  const filters = filterBar((query) => go('requests', query));
  const overview = h('div', filters.element, error, list);
  const element = h('section', overview);
  let first = true;

  function show() {
    error.hidden = recent.error === null;
    setText(error, recent.error?.message);
    list.update(recent.list);
    setText(found, plural(recent.list.length, 'request'));
    filters.suggest(recent.list);
  }
  filters.element.append(found);

  return {
    title: 'Requests',
    element,
    enter([id], query, signal) {
      if (id) {
        showStory(element, id, signal);
        return;
      }
      fill(element, overview);
      filters.set(query);
      recent.addEventListener('change', show, { signal });
      if (filters.changed() || first) recent.filter(filters.values());
      first = false;
      show();
    },
  };
}

// The controls of the filter, whose state is that of the address.
function filterBar(changed) {
  const controls = {
    model: suggesting('model'),
    provider: suggesting('provider'),
    key: suggesting('key'),
    status: h(
      'select',
      kStatuses.map(([value, text]) => h('option', { value }, text)),
    ),
    min_ms: h(
      'select',
      kSlow.map(([value, text]) => h('option', { value }, text)),
    ),
  };
  const titles = { model: 'Model', provider: 'Provider', key: 'Key', status: 'Status', min_ms: 'Time' };
  let last = '';
  const values = () =>
    Object.fromEntries(
      Object.entries(controls)
        .map(([name, { value }]) => [name, value.trim()])
        .filter(([, value]) => value !== ''),
    );
  const element = h(
    'form.bar-of-tools',
    {
      onsubmit: (event) => {
        event.preventDefault();
        changed(values());
      },
      onchange: () => changed(values()),
    },
    Object.entries(controls).map(([name, control]) =>
      h('label.inline', h('span', titles[name]), control, control.suggestions),
    ),
    h('button.quiet', { type: 'button', onclick: () => changed({}) }, 'Clear'),
  );
  return {
    element,
    values,
    set(query) {
      for (const [name, control] of Object.entries(controls)) control.value = query[name] ?? '';
    },
    changed() {
      const now = JSON.stringify(values());
      const differs = now !== last;
      last = now;
      return differs;
    },
    suggest(list) {
      for (const name of ['model', 'provider', 'key']) {
        const names = [...new Set(list.map((one) => one[name]).filter(Boolean))].sort().slice(0, 100);
        keepList(
          controls[name].suggestions,
          names,
          (value) => value,
          (value) => h('option', { value }),
        );
      }
    },
  };
}

function suggesting(name) {
  const suggestions = h('datalist', { id: newId(name) });
  const input = h('input', { type: 'search', list: suggestions.id, autocomplete: 'off', placeholder: 'any', size: 12 });
  input.suggestions = suggestions;
  return input;
}

// ---- one of them ----------------------------------------------------------------------------------------

async function showStory(element, id, signal) {
  const place = h('div', { role: 'status' }, h('p.muted', 'Loading…'));
  fill(element, h('p', h('a', { href: '#/requests' }, '← All requests')), place);
  try {
    const story = await api.get(api.path`/admin/requests/${id}`);
    if (!signal.aborted) fill(place, storyOf(story));
  } catch (error) {
    if (!signal.aborted) {
      fill(
        place,
        h(
          'p.error',
          error.status === 404
            ? 'This request is not kept any more: the gateway keeps the latest ones, and begins anew when it starts.'
            : error.message,
        ),
      );
    }
  }
  setAttribute(place, 'role', null);
}
