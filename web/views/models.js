// Each model with the way that a request takes: client, model, tier after tier of providers.
import * as api from '../api.js';
import { fill, h, keepList, setAttribute, setText } from '../dom.js';
import { count, plural } from '../format.js';
import { canServe, isStillAsked, providerCard, tiersOf, updateProviderCard } from '../parts/provider.js';

const kShownAtOnce = 40; // cards; the filter finds the others
const kOpenedAtOnce = 12; // with more models than that, they begin closed

export function modelsView({ live }) {
  const filter = h('input', {
    type: 'search',
    'aria-label': 'Filter models and providers',
    placeholder: 'Filter models and providers',
    autocomplete: 'off',
    oninput: () => {
      everything = false;
      show();
    },
  });
  const found = h('span.muted', { role: 'status' });
  const list = h('div.models');
  const more = h('button', {
    type: 'button',
    onclick: () => {
      everything = true;
      show();
    },
  });
  const element = h('section', h('div.bar-of-tools', filter, found), list, more);
  let everything = false;
  let wanted = ''; // the model that the address names

  function show() {
    const frame = live.overview;
    if (!frame) return;
    const words = filter.value.toLowerCase().trim();
    const named = frame.models.filter(({ model }) => model === wanted && filter.value === wanted);
    const matching = named.length > 0 ? named : frame.models.filter((model) => matches(model, words));
    const shown = everything ? matching : matching.slice(0, kShownAtOnce);
    setText(
      found,
      words
        ? `${count(matching.length)} of ${plural(frame.models.length, 'model')}`
        : plural(frame.models.length, 'model'),
    );
    keepList(
      list,
      shown,
      ({ model }) => model,
      (model) => modelCard(model, model.model === wanted || frame.models.length <= kOpenedAtOnce),
      (card, model) => card.update(model, frame),
    );
    more.hidden = shown.length === matching.length;
    setText(more, `Show all ${count(matching.length)}`);
  }

  return {
    title: 'Models',
    element,
    enter([name = ''], query, signal) {
      if (name || filter.value === wanted) filter.value = name;
      wanted = name;
      live.addEventListener('overview', show, { signal });
      show();
    },
  };
}

function matches({ model, aliases, providers }, words) {
  return (
    words === '' ||
    [model, ...aliases, ...providers.map(({ name }) => name)].some((name) => name.toLowerCase().includes(words))
  );
}

function modelCard({ model }, open) {
  const parts = { aliases: h('span.muted'), summary: h('span.badge'), requests: h('span.muted.number') };
  const way = h('div.way', { role: 'group', 'aria-label': `The way of a request for ${model}` });
  const answer = h('div.explanation', { role: 'status' });
  const ask = h('button', { type: 'button', onclick: () => explain(model, answer) }, 'What would be chosen now?');
  const body = h(
    'div.body',
    way,
    h(
      'div.row',
      ask,
      h('a', { href: `#/requests?model=${encodeURIComponent(model)}` }, 'Its requests'),
      h('a', { href: `#/playground/${encodeURIComponent(model)}` }, 'Try it'),
    ),
    answer,
  );
  const card = h(
    'details.model.card',
    { open },
    h('summary', h('h2', model), parts.summary, parts.aliases, parts.requests),
    body,
  );
  let last = '';
  let frame = null;
  const draw = () => {
    if (card.open && frame) updateWay(way, frame.model, frame.time);
  };
  card.addEventListener('toggle', draw);
  card.update = (state, { time }) => {
    const said = JSON.stringify(state);
    if (said === last) return;
    last = said;
    frame = { model: state, time };
    updateSummary(parts, state);
    draw();
  };
  return card;
}

// ---- a model in a line ----------------------------------------------------------------------------------

function updateSummary(parts, { aliases, providers, requests, strategy }) {
  const [tone, text] = summaryOf(providers);
  setAttribute(parts.summary, 'data-tone', tone);
  setText(parts.summary, text);
  setText(parts.aliases, [strategy, ...aliases].join(' · '));
  setText(parts.requests, plural(requests, 'request'));
}

export function summaryOf(providers) {
  const enabled = providers.filter(({ state }) => state !== 'disabled');
  if (enabled.length === 0) return ['off', 'disabled'];
  const healthy = enabled.filter(canServe).length;
  if (healthy === 0) return ['bad', enabled.some(isStillAsked) ? 'all fail' : 'nobody can answer'];
  const serving = tiersOf(providers).findIndex(({ members }) => members.some(canServe));
  if (serving > 0) return ['warn', `failed over to tier ${serving + 1}`];
  return healthy === enabled.length ? ['ok', 'healthy'] : ['warn', `${healthy} of ${enabled.length} healthy`];
}

// ---- the picture ----------------------------------------------------------------------------------------

// A column for each station: a caption above, what stands there below.
function updateWay(way, state, now) {
  const tiers = tiersOf(state.providers);
  const serving = tiers.findIndex(({ members }) => members.some(canServe));
  const stations = [
    { key: 'asker' },
    { key: 'asked' },
    ...tiers.map((tier, place) => ({ key: `tier ${tier.priority}`, tier, place })),
  ];
  keepList(
    way,
    stations,
    ({ key }) => key,
    ({ key, tier }) => (tier ? tierStation() : plainStation(key)),
    (station, { key, tier, place }) => {
      if (tier) updateTier(station, tier, place, serving, state, now);
      else setText(station.lastChild.firstChild, key === 'asked' ? state.model : 'clients');
    },
  );
}

const plainStation = (key) => h('div.station.plain', { class: key }, h('div.caption'), h('div.node', h('span')));

function tierStation() {
  return h('div.station.tier', h('div.caption', h('strong'), h('span')), h('ol.providers'));
}

const kRoles = { serving: 'answers', standby: 'stands by' };

function updateTier(station, { members }, place, serving, state, now) {
  const [caption, list] = station.children;
  const role = serving < 0 ? 'none' : place < serving ? 'passed' : place === serving ? 'serving' : 'standby';
  setAttribute(station, 'data-role', role);
  setText(caption.firstChild, `Tier ${place + 1}`);
  setText(caption.lastChild, kRoles[role] ?? (members.some(isStillAsked) ? 'is asked, but fails' : 'can’t answer'));
  const weights = members.reduce((sum, { weight }) => sum + weight, 0);
  const requests = state.providers.reduce((sum, provider) => sum + provider.requests, 0);
  keepList(
    list,
    members,
    ({ name }) => name,
    providerCard,
    (card, provider) => updateProviderCard(card, provider, { requests, weights, now }),
  );
}

// ---- what would be chosen -------------------------------------------------------------------------------

async function explain(model, place) {
  try {
    const said = await api.get('/admin/explain', { model });
    const chosen = said.chosen ?? 'nobody';
    fill(
      place,
      h('p', h('strong', chosen), said.why ? `: ${said.why}` : ''),
      h(
        'ul.lines',
        said.providers.map((provider) =>
          h(
            'li',
            h(
              'span.badge',
              { 'data-tone': provider.chosen ? 'ok' : provider.available ? 'off' : 'warn' },
              provider.chosen ? 'chosen' : provider.available ? 'could serve' : 'skipped',
            ),
            h('span', provider.name),
            h('span.muted', provider.reason ?? ''),
          ),
        ),
      ),
    );
  } catch (error) {
    fill(place, h('p.error', error.message));
  }
}
