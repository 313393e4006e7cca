// A text to be edited, with the numbers of its lines. `value` is the text; `onedit()` is told of each change;
// `show(line, column)` leads there.
import { h } from '../dom.js';

export function lineEditor(label) {
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
