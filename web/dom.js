// The few words in which the page is written. Text always goes in as text: nothing here reads markup.

// h('a.row', { href: '#/now', class: 'wide', onclick: f }, 'text', node, null): an element. Properties that begin with
// `on` are listeners, names with dashes and those of `kAttributes` are attributes (null or false: none), `vars` are CSS
// variables, all others are set on the element.
const kAttributes = new Set([
  'role',
  'for',
  'list',
  'href',
  'colspan',
  'scope',
  'tabindex',
  'inputmode',
  'title',
  'datetime',
  'spellcheck',
  'autocomplete',
  'open',
]);

export function h(name, ...rest) {
  const [tag, ...classes] = name.split('.');
  return filled(document.createElement(tag), classes, rest);
}

// The same for SVG, whose properties are all attributes.
export function svg(name, ...rest) {
  const [tag, ...classes] = name.split('.');
  return filled(document.createElementNS('http://www.w3.org/2000/svg', tag), classes, rest, true);
}

function filled(element, classes, rest, everyAttribute = false) {
  if (classes.length > 0) element.classList.add(...classes);
  const [first] = rest;
  const hasProps = first !== null && typeof first === 'object' && !Array.isArray(first) && !(first instanceof Node);
  if (hasProps) setAll(element, rest.shift(), everyAttribute);
  element.append(...present(rest));
  return element;
}

function setAll(element, props, everyAttribute) {
  for (const [name, value] of Object.entries(props)) {
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else if (name === 'class') element.classList.add(...value.split(' ').filter(Boolean));
    else if (name === 'vars') setVars(element, value);
    else if (everyAttribute || name.includes('-') || kAttributes.has(name)) setAttribute(element, name, value);
    else element[name] = value;
  }
}

const present = (children) =>
  children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false);

export function setVars(element, vars) {
  for (const [name, value] of Object.entries(vars)) element.style.setProperty(`--${name}`, value);
}

// Only what differs is written: a page that changes each second must not wake a screen reader or lose a selection.
export function setAttribute(element, name, value) {
  if (value === null || value === undefined || value === false) element.removeAttribute(name);
  else if (element.getAttribute(name) !== String(value)) element.setAttribute(name, value === true ? '' : value);
}

export function setText(element, text) {
  const wanted = String(text ?? '');
  if (element.textContent !== wanted) element.textContent = wanted;
}

export function fill(element, ...children) {
  element.replaceChildren(...present(children));
  return element;
}

// Makes the children of `parent` those of `items`, in their order, and keeps those that are there: `make(item)` gives a
// new one, `update(element, item)` brings it up to date.
export function keepList(parent, items, keyOf, make, update = () => {}) {
  const before = [...parent.children];
  const known = new Map(before.map((child) => [child.listKey, child]));
  const wanted = items.map((item) => {
    const key = keyOf(item);
    let element = known.get(key);
    if (element) {
      known.delete(key);
    } else {
      element = make(item);
      element.listKey = key;
    }
    update(element, item);
    return element;
  });
  const kept = new Set(wanted);
  for (const child of before) if (!kept.has(child)) child.remove();
  wanted.forEach((element, place) => {
    if (parent.children[place] !== element) parent.insertBefore(element, parent.children[place] ?? null);
  });
}

let lastId = 0;
export const newId = (what) => `${what}-${++lastId}`;

// A label with its control: field('Name', h('input')).
export function field(label, control, hint) {
  control.id ||= newId('field');
  const note = hint ? h('small', { id: newId('hint') }, hint) : null;
  if (note) setAttribute(control, 'aria-describedby', note.id);
  return h('div.field', h('label', { for: control.id }, label), control, note);
}

export function select(options, value) {
  const element = h(
    'select',
    options.map(([key, text]) => h('option', { value: key }, text)),
  );
  if (value !== undefined) element.value = value;
  return element;
}

// One of a few, as a row of buttons: choice('Measure', [['cost', 'Cost']], 'cost', changed).
export function choice(label, options, value, changed) {
  const name = newId('choice');
  return h(
    'fieldset.choice',
    h('legend', label),
    options.map(([key, text]) => {
      const input = h('input', {
        type: 'radio',
        name,
        value: key,
        checked: key === value,
        onchange: () => changed(key),
      });
      return h('label', input, h('span', text));
    }),
  );
}

// A table of rows of cells; `columns` are [title, 'number' or nothing].
export function table(caption, columns, rows) {
  const cellClass = (place) => (columns[place][1] === 'number' ? 'number' : '');
  return h(
    'div.scroll',
    { tabindex: 0, role: 'region', 'aria-label': caption },
    h(
      'table',
      h('caption.hidden', caption),
      h(
        'thead',
        h(
          'tr',
          columns.map(([title], place) => h('th', { scope: 'col', class: cellClass(place) }, title)),
        ),
      ),
      h(
        'tbody',
        rows.map((row) =>
          h(
            'tr',
            row.map((cell, place) => h('td', { class: cellClass(place) }, cell)),
          ),
        ),
      ),
    ),
  );
}

// Says it to those who can't see it change.
export function announce(text) {
  const place = document.getElementById('announcer');
  if (place) place.textContent = text;
}
