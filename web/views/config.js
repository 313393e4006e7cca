// The configuration: seen with its secrets masked, edited, checked, saved where that is allowed, read again.
import * as api from '../api.js';
import { ask } from '../parts/dialog.js';
import { fill, h, setText } from '../dom.js';
import { plural } from '../format.js';

export function configView() {
  const editor = lineEditor('Configuration');
  const file = h('p.muted');
  const result = h('div.result', { role: 'status' });
  const problems = h('ol.problems');
  const button = (text, act, tone = '') => h('button', { type: 'button', class: tone, onclick: () => run(act) }, text);
  const save = button('Save', () => askToSave(), 'strong');
  const revert = button('Undo edits', () => load());
  const whyNot = h('span.muted');
  const element = h(
    'section',
    file,
    h(
      'div.row',
      button('Check', () => check()),
      button('Reload the file', () => reload()),
      save,
      revert,
      whyNot,
    ),
    result,
    problems,
    editor.element,
  );
  let held = null; // what /admin/config said, whose text the edits began with
  let isBusy = false;

  const isEdited = () => held !== null && editor.value !== held.text;

  async function run(act) {
    if (isBusy) return;
    isBusy = true;
    try {
      await act();
    } catch (error) {
      showFailure(error);
    }
    isBusy = false;
    showState();
  }

  async function load() {
    held = await api.get('/admin/config');
    editor.value = held.text;
    say('');
    setText(file, `${held.file}, secrets masked`);
    showState();
  }

  function showState() {
    const mayNot = !held
      ? ''
      : !held.allow_config_write
        ? 'Saving is off: _global.allow_config_write is not true.'
        : !held.writable
          ? 'Saving is impossible: the gateway may not write the file.'
          : '';
    save.disabled = !held || mayNot !== '' || !isEdited();
    revert.disabled = !isEdited();
    setText(whyNot, mayNot || (isEdited() ? 'Edited, not saved.' : ''));
  }

  const check = async () => {
    const { changes, warnings } = await api.send('POST', '/admin/config/check', editor.value);
    say('It is good.', changes, warnings);
  };
  const reload = async () => {
    const { changes, warnings, ...rest } = await api.post('/admin/reload');
    const edits = isEdited();
    if (!edits) await load();
    say(
      edits ? 'The file was read again. It does not have the edits below.' : 'The file was read again.',
      changes ?? rest,
      warnings,
    );
  };
  const askToSave = () =>
    ask({
      title: 'Save the configuration?',
      button: 'Save',
      content: h('p', `${held.file} is replaced and takes effect at once.`),
      act: async () => {
        try {
          const saved = await api.send('PUT', '/admin/config', editor.value, { 'if-match': `"${held.digest}"` });
          await load();
          say('Saved; it is in force.', saved.changes ?? saved, saved.warnings);
        } catch (error) {
          if (error.problems.length === 0) throw error;
          showFailure(error);
        }
        showState();
      },
    });

  function say(text, changes = {}, warnings = []) {
    const lists = Object.entries({
      added: 'Added',
      removed: 'Removed',
      changed: 'Changed',
      needs_restart: 'Only after a restart',
    }).filter(([name]) => changes?.[name]?.length > 0);
    fill(problems);
    fill(
      result,
      text && h('p.good', text, lists.length === 0 && ' Nothing changes.'),
      lists.map(([name, title]) => h('p', h('strong', `${title}: `), changes[name].join(', '))),
      (warnings ?? []).map((warning) => h('p.warning', textOf(warning))),
    );
    if (lists.length === 0 && text && !changes?.added) result.firstChild.lastChild.remove();
  }

  function showFailure(error) {
    fill(
      result,
      h(
        'p.error',
        error.problems.length > 0
          ? `${plural(error.problems.length, 'problem')}; the configuration in force stays.`
          : error.message,
      ),
    );
    fill(
      problems,
      error.problems.map((problem) => problemLine(problem, editor)),
    );
  }

  editor.onedit = showState;
  return {
    title: 'Configuration',
    element,
    enter() {
      if (!isEdited()) run(load);
      else showState();
    },
  };
}

const textOf = (said) => (typeof said === 'string' ? said : [said.path, said.message].filter(Boolean).join(': '));

function problemLine({ path, message, line, column }, editor) {
  const text = [h('strong', path), path ? ': ' : '', message];
  return h(
    'li',
    line
      ? h('button.link', { type: 'button', onclick: () => editor.show(line, column ?? 1) }, `Line ${line}`, ' ')
      : null,
    h('span', text),
  );
}

// ---- a text with the numbers of its lines ---------------------------------------------------------------

function lineEditor(label) {
  const numbers = h('pre.numbers', { 'aria-hidden': 'true' });
  const text = h('textarea', { 'aria-label': label, spellcheck: false, wrap: 'off', autocapitalize: 'off', rows: 24 });
  const editor = { element: h('div.editor', numbers, text), onedit() {} };
  let lines = 0;

  function number() {
    const now = text.value.split('\n').length;
    if (now !== lines) numbers.textContent = Array.from({ length: now }, (_, place) => place + 1).join('\n');
    lines = now;
    numbers.scrollTop = text.scrollTop;
  }
  text.addEventListener('input', () => {
    number();
    editor.onedit();
  });
  text.addEventListener('scroll', () => {
    numbers.scrollTop = text.scrollTop;
  });

  Object.defineProperty(editor, 'value', {
    get: () => text.value,
    set: (value) => {
      text.value = value;
      number();
    },
  });
  // Selects the line from that column on, and brings it into sight; both count from 1.
  editor.show = (line, column) => {
    const before = text.value.split('\n').slice(0, line - 1);
    const start = before.reduce((sum, one) => sum + one.length + 1, 0);
    const end = text.value.indexOf('\n', start);
    text.focus();
    text.setSelectionRange(start + column - 1, end < 0 ? text.value.length : end);
    const height = text.scrollHeight / Math.max(1, lines);
    text.scrollTop = Math.max(0, (line - 1) * height - text.clientHeight / 3);
  };
  return editor;
}
