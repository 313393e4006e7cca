// Light or dark: as the system has it, until the reader chooses.
import { h, setAttribute } from './dom.js';

const kSettings = ['system', 'light', 'dark'];
const kStored = 'ai-gateway-theme';

let setting = read();
apply();

function read() {
  try {
    const stored = localStorage.getItem(kStored);
    return kSettings.includes(stored) ? stored : 'system';
  } catch {
    return 'system'; // storage is switched off
  }
}

function apply() {
  setAttribute(document.documentElement, 'data-theme', setting === 'system' ? null : setting);
}

export function themeButton() {
  const button = h('button.quiet', { type: 'button', onclick: change });
  const show = () => {
    button.textContent = `Theme: ${setting}`;
  };
  function change() {
    setting = kSettings[(kSettings.indexOf(setting) + 1) % kSettings.length];
    try {
      localStorage.setItem(kStored, setting);
    } catch {
      /* it holds until the page is closed */
    }
    apply();
    show();
  }
  show();
  return button;
}
