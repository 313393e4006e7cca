// A chat with any model, and beside it the story of how its answer came about.
import * as api from '../api.js';
import { announce, field, fill, h, keepList, newId } from '../dom.js';
import { storyOf } from './story.js';

const kStoryTries = 6; // a story is told when its exchange has ended, which is after its last byte

export function playgroundView({ live }) {
  const models = h('datalist', { id: newId('models') });
  const model = h('input', { list: models.id, required: true, autocomplete: 'off', spellcheck: false });
  const system = h('textarea', { rows: 2 });
  const prompt = h('textarea', { rows: 3, required: true, placeholder: 'Say something' });
  const send = h('button.strong', { type: 'submit' }, 'Send');
  const stop = h('button', { type: 'button', disabled: true, onclick: () => running?.abort() }, 'Stop');
  const clear = h(
    'button.quiet',
    {
      type: 'button',
      onclick: () => {
        running?.abort();
        turns = [];
        fill(talk);
        fill(story);
      },
    },
    'New chat',
  );
  const talk = h('div.talk', { role: 'log', 'aria-live': 'off' });
  const story = h('aside.told', { 'aria-label': 'The story of the last answer' });
  const form = h(
    'form.card',
    h('div.form', field('Model', model), models),
    h('details', h('summary', 'Instructions'), field('What the model is told first', system)),
    talk,
    field('Message', prompt, 'Enter sends, Shift + Enter begins a new line.'),
    h('div.row', send, stop, clear),
  );
  const element = h('section.playground', form, story);
  let turns = []; // { role, content }
  let running = null; // the AbortController of the answer under way

  form.addEventListener('submit', (event) => {
    event.preventDefault();
    say();
  });
  prompt.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    form.requestSubmit();
  });

  async function say() {
    if (running) return;
    const asked = prompt.value;
    const id = `playground-${crypto.getRandomValues(new Uint32Array(3)).join('-')}`;
    const messages = [...turns, { role: 'user', content: asked }];
    const body = {
      model: model.value.trim(),
      stream: true,
      stream_options: { include_usage: true },
      messages: system.value.trim() ? [{ role: 'system', content: system.value }, ...messages] : messages,
    };
    talk.append(turn('user', asked));
    const answer = turn('assistant', '');
    talk.append(answer);
    prompt.value = '';
    begin();
    const text = await listen(body, id, answer, running.signal);
    running = null;
    stop.disabled = true;
    send.disabled = false;
    if (!answer.isConnected) return; // a new chat has begun
    if (text !== '') turns = [...messages, { role: 'assistant', content: text }];
    showStory(id);
  }

  function begin() {
    running = new AbortController();
    stop.disabled = false;
    send.disabled = true;
    fill(story, h('p.muted', 'The story is told when the answer has ended.'));
  }

  async function listen(body, id, answer, signal) {
    const place = answer.lastChild;
    let text = '';
    try {
      await api.chat(body, id, signal, (event) => {
        const delta = event.choices?.[0]?.delta ?? {};
        text += delta.content ?? '';
        place.append(delta.content ?? '');
        if (place.getBoundingClientRect().bottom > innerHeight) place.scrollIntoView({ block: 'end' });
      });
      announce(text);
    } catch (error) {
      answer.append(
        error.name === 'AbortError' ? h('p.muted', 'Stopped.') : h('p.error', { role: 'alert' }, error.message),
      );
    }
    return text;
  }

  async function showStory(id) {
    for (let tries = 0; tries < kStoryTries; ++tries) {
      try {
        const told = await api.get(api.path`/admin/requests/${id}`);
        if (!running) fill(story, storyOf(told));
        return;
      } catch (error) {
        if (error.status !== 404) return fill(story, h('p.error', error.message));
      }
      await new Promise((resolve) => setTimeout(resolve, 100 * 2 ** tries));
    }
    fill(story, h('p.muted', 'The story of this answer is not kept.'));
  }

  function suggest() {
    const all = live.overview?.models.flatMap(({ model: name, aliases }) => [name, ...aliases]) ?? [];
    const names = all.filter((name) => !name.includes('*')); // patterns are no names to ask for
    keepList(
      models,
      names,
      (name) => name,
      (value) => h('option', { value }),
    );
    if (!model.value && names.length > 0) model.value = names[0];
  }

  return {
    title: 'Playground',
    element,
    enter([wanted], query, signal) {
      if (wanted) model.value = wanted;
      live.addEventListener('overview', suggest, { signal, once: true });
      suggest();
    },
  };
}

const kNames = { user: 'You', assistant: 'Model' };
const turn = (role, text) => h('div.turn', { class: role }, h('strong', kNames[role]), h('div.text', text));
