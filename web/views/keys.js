// Keys: who may use the gateway, how much is left to each, and the buttons to make, renew, stop and delete them. Owners
// with their balances stand below.
import * as api from '../api.js';
import { announce, field, h, keepList, newId, select, setAttribute, setText } from '../dom.js';
import { plural, when } from '../format.js';
import { ask } from '../parts/dialog.js';
import { keepUse } from '../parts/use.js';
import { ownersSection } from './owners.js';

export function keysView(app) {
  const { live } = app;
  const list = h('div.keys');
  const note = h('p.muted', { role: 'status' });
  const owners = ownersSection(live);
  const element = h(
    'section',
    h('div.bar-of-tools', h('button.strong', { type: 'button', onclick: () => createKey(isOpen(), load) }, 'New key'), note),
    list,
    owners.element,
  );

  // Nobody has to show a key: the one that is made first closes the door.
  const isOpen = () => app.session?.key === null;

  async function load() {
    try {
      const { keys } = await api.get('/admin/keys');
      setText(
        note,
        isOpen() && keys.length === 0
          ? 'Anybody may use the gateway. The first key must be an admin’s: from then on everybody needs one.'
          : plural(keys.length, 'key'),
      );
      keepList(
        list,
        keys,
        ({ name }) => name,
        ({ name }) => keyCard(name, load),
        (card, key) => card.update(key, live.overview?.time),
      );
    } catch (error) {
      setText(note, error.message);
    }
    owners.load();
  }

  return {
    title: 'Keys',
    element,
    enter(path, query, signal) {
      load();
      if (!live.overview) live.addEventListener('overview', load, { signal, once: true });
      const timer = setInterval(load, 10_000);
      signal.addEventListener('abort', () => clearInterval(timer));
    },
  };
}

function keyCard(name, changed) {
  const title = h('h2', { id: newId('key') }, name);
  const parts = {
    state: h('span.badge'),
    about: h('p.muted'),
    facts: h('dl.facts'),
    quotas: h('div'),
    buttons: h('div.row'),
    fixed: h('p.muted', 'Stands in the configuration: it is changed there.'),
  };
  const card = h(
    'article.key.card',
    h('div.head', title, parts.state),
    parts.about,
    parts.facts,
    parts.quotas,
    parts.buttons,
    parts.fixed,
  );
  let key = null;
  const toggle = h('button', { type: 'button', onclick: () => setEnabled(key, changed) });
  parts.buttons.append(
    h('button', { type: 'button', onclick: () => rotateKey(key, changed) }, 'Rotate'),
    toggle,
    h('button.bad', { type: 'button', onclick: () => deleteKey(key, changed) }, 'Delete'),
  );
  for (const button of parts.buttons.children) button.setAttribute('aria-describedby', title.id);
  card.update = (state, now) => {
    key = state;
    updateKey(parts, key, now);
    setText(toggle, key.enabled ? 'Disable' : 'Enable');
  };
  return card;
}

function updateKey(parts, key, now) {
  const [tone, word] = !key.enabled ? ['off', 'disabled'] : key.expired ? ['bad', 'expired'] : ['ok', 'good'];
  setAttribute(parts.state, 'data-tone', tone);
  setText(parts.state, word);
  setText(parts.about, about(key, now));
  keepUse(parts, key, now);
  parts.buttons.hidden = key.source === 'config';
  parts.fixed.hidden = key.source !== 'config';
}

function about(key, now) {
  return [
    key.role === 'admin' ? 'admin' : null,
    key.owner && `of ${key.owner}`,
    key.models.length > 0 ? `models ${key.models.join(', ')}` : 'all models',
    key.expires && `${key.expired ? 'expired' : 'expires'} ${when(key.expires, now)}`,
    key.allowed_ips.length > 0 && `from ${key.allowed_ips.join(', ')}`,
    key.old_secret_until && `its old secret is good until ${when(key.old_secret_until, now)}`,
  ]
    .filter(Boolean)
    .join(' · ');
}

// ---- changes --------------------------------------------------------------------------------------------

const kPeriods = [
  ['0 0 1 * *', 'each month'],
  ['0 0 * * *', 'each day'],
  ['0 0 * * 1', 'each week'],
  ['never', 'in all'],
];

function createKey(isFirst, changed) {
  const inputs = {
    name: h('input', { required: true, maxLength: 100, autocomplete: 'off', spellcheck: false }),
    owner: h('input', { autocomplete: 'off' }),
    role: select(
      [
        ['user', 'user: may use models'],
        ['admin', 'admin: may use this page, too'],
      ],
      isFirst ? 'admin' : 'user',
    ),
    models: h('input', { autocomplete: 'off', placeholder: 'all', spellcheck: false }),
    expires: h('input', { type: 'date' }),
    requests: h('input', { type: 'number', min: 1, inputMode: 'numeric' }),
    budget: h('input', { type: 'number', min: 0, step: 'any', inputMode: 'decimal' }),
    period: select(kPeriods),
  };
  ask({
    title: 'New key',
    button: 'Create',
    content: h(
      'div.form',
      field('Name', inputs.name),
      field('Owner', inputs.owner),
      field('Role', inputs.role),
      field('Models', inputs.models, 'Names or patterns like gpt-*, with commas between; ! in front forbids.'),
      field('Last day', inputs.expires),
      field('Requests a minute', inputs.requests),
      field('Budget in US dollars', inputs.budget),
      field('It is for', inputs.period),
    ),
    act: async () => {
      const key = await api.post('/admin/keys', settingsOf(inputs));
      changed();
      return secretShown(key);
    },
  });
}

function settingsOf({ name, owner, role, models, expires, requests, budget, period }) {
  const settings = { name: name.value.trim(), role: role.value };
  if (owner.value.trim()) settings.owner = owner.value.trim();
  const patterns = models.value
    .split(',')
    .map((pattern) => pattern.trim())
    .filter(Boolean);
  if (patterns.length > 0) settings.models = patterns;
  if (expires.value) settings.expires = expires.value;
  if (requests.value) settings.limits = { requests_per_minute: Number(requests.value) };
  if (budget.value) {
    settings.budget = {
      cost_per_period: Number(budget.value),
      [period.value === 'never' ? 'period' : 'period_cron']: period.value,
    };
  }
  return settings;
}

function secretShown({ name, secret }) {
  const shown = h('input.secret', {
    readOnly: true,
    value: secret,
    'aria-label': `Secret of ${name}`,
    onfocus: () => shown.select(),
  });
  const copy = h(
    'button',
    {
      type: 'button',
      onclick: async () => {
        try {
          await navigator.clipboard.writeText(secret);
          setText(copy, 'Copied');
          announce('Copied');
        } catch {
          shown.focus(); // no clipboard without TLS: it is selected, to be copied by hand
          setText(copy, 'Press Ctrl+C');
        }
      },
    },
    'Copy',
  );
  return h(
    'div',
    h('p', { role: 'status' }, 'The secret of ', h('strong', name), '. It is shown only now.'),
    h('div.row', shown, copy),
  );
}

function rotateKey(key, changed) {
  const grace = select(
    [
      ['0', 'ends now'],
      ['3600', 'for an hour'],
      ['86400', 'for a day'],
      ['604800', 'for a week'],
    ],
    '86400',
  );
  ask({
    title: `Rotate ${key.name}`,
    button: 'Rotate',
    content: h('div.form', h('p', 'The key gets a new secret.'), field('The old one stays good', grace)),
    act: async () => {
      const rotated = await api.post(api.path`/admin/keys/${key.name}/rotate`, { grace: Number(grace.value) });
      changed();
      return secretShown(rotated);
    },
  });
}

async function setEnabled(key, changed) {
  const change = async () => {
    await api.patch(api.path`/admin/keys/${key.name}`, { enabled: !key.enabled });
    announce(`${key.name} is ${key.enabled ? 'disabled' : 'enabled'}`);
    changed();
  };
  ask({
    title: `${key.enabled ? 'Disable' : 'Enable'} ${key.name}?`,
    button: key.enabled ? 'Disable' : 'Enable',
    act: change,
    content: h(
      'p',
      key.enabled ? 'Its requests are refused until it is enabled again.' : 'Its requests are let in again.',
    ),
  });
}

function deleteKey(key, changed) {
  ask({
    title: `Delete ${key.name}?`,
    button: 'Delete',
    tone: 'bad',
    content: h('p', 'Its requests are refused from now on. What it has used stays in the history.'),
    act: async () => {
      await api.remove(api.path`/admin/keys/${key.name}`);
      announce(`${key.name} is deleted`);
      changed();
    },
  });
}
