// The page: who is signed in, which view the address asks for, and what stands around it.
import * as api from './api.js';
import { fill, h, setAttribute, setText } from './dom.js';
import { Live } from './live.js';
import { Recent } from './recent.js';
import { themeButton } from './theme.js';
import { configView } from './views/config.js';
import { historyView } from './views/history.js';
import { keysView } from './views/keys.js';
import { loginForm } from './views/login.js';
import { modelsView } from './views/models.js';
import { nowView } from './views/now.js';
import { playgroundView } from './views/playground.js';
import { requestsView } from './views/requests.js';

const kViews = {
  now: nowView,
  models: modelsView,
  requests: requestsView,
  history: historyView,
  keys: keysView,
  config: configView,
  playground: playgroundView,
};

class App {
  live = new Live();
  recent = new Recent(this.live);
  session = null;
  #views = {};
  #leave = new AbortController();
  #frame = null;

  async start() {
    api.onRefused(() => this.#lookForSession());
    this.live.addEventListener('lost', () => this.#lookForSession());
    addEventListener('hashchange', () => this.#follow());
    await this.#begin();
  }

  // To a view, with what is asked of it: go('requests', { model: 'demo' }).
  go = (name, query = {}) => {
    const asked = String(new URLSearchParams(query));
    location.hash = `#/${name}${asked && `?${asked}`}`;
  };

  // `focus`: somebody came through the form, whose focus has nowhere to be now.
  async #begin({ focus = false } = {}) {
    try {
      this.session = await api.get('/admin/session');
    } catch (error) {
      fill(
        document.body,
        h(
          'main.gate',
          h(
            'div.card',
            h('p.error', { role: 'alert' }, error.message),
            h('button.strong', { type: 'button', onclick: () => this.#begin() }, 'Try again'),
          ),
        ),
      );
      return;
    }
    if (this.session.needs_login) return this.signIn();
    this.#frame ??= this.#build();
    fill(document.body, this.#frame.element, document.getElementById('announcer') ?? announcer());
    this.#frame.showSession(this.session);
    this.live.start();
    this.recent.ask();
    this.#follow();
    if (focus) this.#frame.focus();
  }

  // A 401 may be a provider's, and a stream breaks off for many reasons: the gateway knows whether the session has ended.
  async #lookForSession() {
    const session = await api.get('/admin/session').catch(() => null);
    if (session?.needs_login) this.signIn('Please sign in again.');
  }

  // The address stays, so that one is back where one was.
  signIn(reason) {
    if (document.getElementById('login-key')) return;
    this.live.stop();
    this.#leave.abort();
    const dialogs = [...document.querySelectorAll('dialog[open]')]; // a secret that is shown once must stay readable
    for (const child of [...document.body.children]) if (!dialogs.includes(child)) child.remove();
    document.body.prepend(loginForm({ reason, done: () => this.#begin({ focus: true }) }));
    document.title = 'Sign in · AI API Gateway';
    if (dialogs.length === 0) document.getElementById('login-key').focus();
  }

  signOut = async () => {
    await api.post('/admin/logout').catch(() => {});
    this.signIn();
  };

  #follow() {
    if (!this.#frame?.element.isConnected) return;
    const [route, asked = ''] = location.hash.replace(/^#\/?/, '').split('?');
    const [wanted, ...rest] = route.split('/').map(decoded);
    const name = Object.hasOwn(kViews, wanted) ? wanted : 'now';
    const view = (this.#views[name] ??= kViews[name](this));
    this.#leave.abort();
    this.#leave = new AbortController();
    this.#frame.show(name, view);
    view.enter(rest.filter(Boolean), Object.fromEntries(new URLSearchParams(asked)), this.#leave.signal);
  }

  // What stands around the views.
  #build() {
    const title = h('h1', { tabindex: -1 });
    const place = h('main', { id: 'main' }, title);
    const links = Object.fromEntries(
      Object.keys(kViews).map((name) => [name, h('a', { href: `#/${name}` }, name[0].toUpperCase() + name.slice(1))]),
    );
    const state = h('span.live', { role: 'status' });
    const version = h('span.muted');
    const out = h('button.quiet', { type: 'button', onclick: this.signOut }, 'Sign out');
    const showState = () => {
      setAttribute(state, 'data-state', this.live.state);
      setText(state, this.live.state);
    };
    this.live.addEventListener('state', showState);
    showState();
    const element = h(
      'div.frame',
      h(
        'a.skip',
        {
          href: '#main',
          onclick: (event) => {
            event.preventDefault();
            title.focus();
          },
        },
        'Skip to the content',
      ),
      h(
        'header.side',
        h('div.brand', h('span.logo', { 'aria-hidden': 'true' }), h('span', 'AI API Gateway')),
        state,
        h('nav', { 'aria-label': 'Views' }, Object.values(links)),
        h('div.foot', version, themeButton(), out),
      ),
      place,
    );
    return {
      element,
      focus: () => title.focus(),
      showSession: (session) => {
        setText(version, session.version ? `Version ${session.version}` : '');
        out.hidden = session.key === null;
        setAttribute(out, 'title', session.key && `Signed in with ${session.key}`);
      },
      show: (name, view) => {
        const isOther = place.lastChild !== view.element;
        for (const [key, link] of Object.entries(links))
          setAttribute(link, 'aria-current', key === name ? 'page' : null);
        links[name].scrollIntoView({ inline: 'center', block: 'nearest' });
        setText(title, view.title);
        document.title = `${view.title} · AI API Gateway`;
        if (isOther) {
          fill(place, title, view.element);
          scrollTo(0, 0);
        }
      },
    };
  }
}

const announcer = () => h('div.hidden', { id: 'announcer', role: 'log', 'aria-live': 'polite' });

function decoded(segment) {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

new App().start();
