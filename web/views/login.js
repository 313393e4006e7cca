// The form that asks for the admin's key.
import * as api from '../api.js';
import { h } from '../dom.js';

export function loginForm({ reason, done }) {
  const key = h('input', {
    type: 'password',
    autocomplete: 'current-password',
    id: 'login-key',
    name: 'key',
    required: true,
    spellcheck: false,
  });
  const error = h('p.error', { role: 'alert' }, reason ?? '');
  const button = h('button.strong', { type: 'submit' }, 'Sign in');
  const form = h(
    'form.login.card',
    h('h1', 'AI API Gateway'),
    h('label', { for: 'login-key' }, 'Admin key'),
    // For the password store, which keeps a name with each secret.
    h('input.hidden', { type: 'text', autocomplete: 'username', value: 'admin', tabindex: -1, 'aria-hidden': 'true' }),
    key,
    error,
    button,
  );
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    button.disabled = true;
    error.textContent = '';
    try {
      await api.post('/admin/login', { key: key.value.trim() });
      key.value = '';
      done();
    } catch (failure) {
      error.textContent = failure.status === 401 ? 'This key is not good.' : failure.message;
      button.disabled = false;
      key.select();
    }
  });
  return h('main.gate', form);
}
