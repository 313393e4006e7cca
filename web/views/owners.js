// Owners of keys: what is left to them, and the credits that they paid in advance.
import * as api from '../api.js';
import { announce, field, fill, h, keepList, setAttribute, setText, table } from '../dom.js';
import { clock, count, day, dollars, percent } from '../format.js';
import { ask } from '../parts/dialog.js';
import { keepUse } from '../parts/use.js';

export function ownersSection(live) {
  const list = h('div.keys');
  const note = h('p.muted');
  const element = h(
    'section',
    h(
      'div.bar-of-tools',
      h('h2', 'Owners and balances'),
      h('button', { type: 'button', onclick: () => credit(null, load) }, 'Credit an owner'),
    ),
    note,
    list,
  );

  async function load() {
    try {
      const { owners } = await api.get('/admin/owners');
      setText(note, owners.length > 0 ? '' : 'None. Keys get one by their field “owner”; a credit makes one, too.');
      keepList(
        list,
        owners,
        ({ name }) => name,
        ({ name }) => ownerCard(name, load),
        (card, owner) => card.update(owner, live.overview?.time),
      );
    } catch (error) {
      setText(note, error.message);
    }
  }
  return { element, load };
}

function ownerCard(name, changed) {
  const parts = {
    balance: h('span.badge'),
    keys: h('p.muted'),
    facts: h('dl.facts'),
    quotas: h('div'),
    ledger: h('div'),
  };
  const ledger = h(
    'details',
    {
      ontoggle: () => {
        if (ledger.open) showLedger(name, parts.ledger);
      },
    },
    h('summary', 'Transactions'),
    parts.ledger,
  );
  const card = h(
    'article.key.card',
    h('div.head', h('h3', name), parts.balance),
    parts.keys,
    parts.facts,
    parts.quotas,
    h('div.row', h('button', { type: 'button', onclick: () => credit(name, changed) }, 'Credit')),
    ledger,
  );
  card.update = (owner, now) => updateOwner(parts, owner, now);
  return card;
}

function updateOwner(parts, owner, now) {
  const isPaying = owner.prepaid || owner.balance !== null;
  setAttribute(parts.balance, 'data-tone', !isPaying ? 'off' : (owner.balance ?? 0) > 0 ? 'ok' : 'bad');
  setText(parts.balance, isPaying ? `balance ${dollars(owner.balance ?? 0)}` : 'not prepaid');
  setText(
    parts.keys,
    [
      owner.keys.length > 0 ? `keys ${owner.keys.join(', ')}` : 'no keys',
      owner.markup > 0 && `pays ${percent(owner.markup)} more than the provider asks`,
    ]
      .filter(Boolean)
      .join(' · '),
  );
  keepUse(parts, owner, now);
}

async function showLedger(name, place) {
  try {
    const { transactions } = await api.get(api.path`/admin/owners/${name}/transactions`, { limit: 100 });
    const rows = transactions.map((line) => [
      `${day(line.time)} ${clock(line.time)}`,
      line.kind,
      dollars(line.amount),
      dollars(line.balance),
      line.kind === 'credit'
        ? [line.note, line.by && ` (by ${line.by})`]
        : `${line.key}, ${count(line.requests)} requests`,
    ]);
    fill(
      place,
      table(
        `Transactions of ${name}`,
        [['Time'], ['Kind'], ['Amount', 'number'], ['Balance', 'number'], ['What']],
        rows,
      ),
    );
  } catch (error) {
    fill(place, h('p.error', error.message));
  }
}

function credit(name, changed) {
  const owner = h('input', { required: true, value: name ?? '', readOnly: name !== null, autocomplete: 'off' });
  const amount = h('input', { type: 'number', step: 'any', required: true, inputMode: 'decimal' });
  const note = h('input', { maxLength: 200, autocomplete: 'off' });
  ask({
    title: name ? `Credit ${name}` : 'Credit an owner',
    button: 'Book it',
    content: h(
      'div.form',
      field('Owner', owner),
      field('US dollars', amount, 'An amount below 0 takes back. From the first credit on the balance counts.'),
      field('Note', note),
    ),
    act: async () => {
      // As it was written: a number of JavaScript would not be exact.
      const booked = await api.post(api.path`/admin/owners/${owner.value.trim()}/credit`, {
        amount: amount.value,
        note: note.value,
      });
      announce(`${owner.value} has ${dollars(booked.balance)}`);
      changed();
    },
  });
}
