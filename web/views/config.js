// The configuration: seen with its secrets masked, edited, checked, saved where that is allowed, read again.
import * as api from '../api.js';
import { fill, h, setText } from '../dom.js';
import { plural } from '../format.js';
import { ask } from '../parts/dialog.js';
import { lineEditor } from '../parts/editor.js';

const kChanges = { added: 'Added', removed: 'Removed', changed: 'Changed', needs_restart: 'Only after a restart' };

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
    held = await readFile();
    editor.value = held.text;
    say('');
    setText(file, `${held.file}, secrets masked`);
    showState();
  }

  // The file has changed under the edits: they stay, and are held against the file as it is now.
  async function catchUp() {
    document.querySelector('dialog[open]')?.close();
    held = await readFile();
    say('');
    fill(result, h('p.warning', 'The file has other changes, which are not in the text below. Saving replaces them.'));
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
    const { warnings, ...changes } = await api.post('/admin/reload');
    const edited = isEdited();
    if (!edited) await load();
    say(
      edited ? 'The file was read again. The edits below are not in it.' : 'The file was read again.',
      changes,
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
          const { warnings, ...changes } = await api.send('PUT', '/admin/config', editor.value, {
            'if-match': `"${held.digest}"`,
          });
          await load();
          say('Saved, and in force.', changes, warnings);
        } catch (error) {
          if (error.status === 412) {
            error.remedy = h('button', { type: 'button', onclick: () => run(catchUp) }, 'Read it, keep my edits');
          }
          if (error.problems.length === 0) throw error;
          showFailure(error); // they stand beside the text
        }
        showState();
      },
    });

  // What is good, what it changes, and what to think of.
  function say(text, changes = {}, warnings = []) {
    const lists = Object.entries(kChanges).filter(([name]) => changes[name]?.length > 0);
    fill(problems);
    fill(
      result,
      text && h('p.good', lists.length > 0 ? text : `${text} Nothing changes.`),
      lists.map(([name, title]) => h('p', h('strong', `${title}: `), changes[name].join(', '))),
      warnings.map((warning) => h('p.warning', textOf(warning))),
    );
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

  editor.onedit = () => {
    fill(problems); // they were those of another text
    showState();
  };
  return {
    title: 'Configuration',
    element,
    enter() {
      if (!isEdited()) run(load);
      else showState();
    },
  };
}

async function readFile() {
  const file = await api.get('/admin/config');
  return { ...file, text: file.text.replaceAll('\r\n', '\n') }; // as a text area has it
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
