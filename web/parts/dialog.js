// Questions that must be answered before anything else, in the browser's own <dialog>: it keeps the focus, and Escape
// closes it, but not what is shown only once.
import { fill, h, newId } from '../dom.js';

// `act(dialog)` runs when the form is sent: it may throw, which is shown, with the `remedy` that the error has (a button),
// or give what replaces the form.
export function ask({ title, content, button, tone = '', act }) {
  const heading = h('h2', { id: newId('dialog') }, title);
  const error = h('p.error', { role: 'alert', hidden: true });
  const send = h('button', { type: 'submit', class: `strong ${tone}` }, button);
  const cancel = h('button', { type: 'button', onclick: () => dialog.close() }, 'Cancel');
  const form = h('form', content, error, h('div.row', send, cancel));
  const dialog = h('dialog', { 'aria-labelledby': heading.id }, heading, form);
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    send.disabled = true;
    try {
      const next = await act(dialog);
      if (!next) return dialog.close();
      const done = h('button.strong', { type: 'button', onclick: () => dialog.close() }, 'Done');
      fill(form, next, h('div.row', done));
      done.focus();
      keepOpen(dialog);
    } catch (failure) {
      error.hidden = false;
      fill(error, failure.message, failure.remedy && [' ', failure.remedy]);
      send.disabled = false;
    }
  });
  dialog.addEventListener('close', () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

// A browser closes a dialog at a second Escape, whatever is said to its `cancel`: the key itself has to be stopped.
function keepOpen(dialog) {
  const stop = (event) => {
    if (event.key === 'Escape') event.preventDefault();
  };
  addEventListener('keydown', stop);
  dialog.addEventListener('close', () => removeEventListener('keydown', stop));
}
