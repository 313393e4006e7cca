// What the official clients make of the gateway's own refusals: which error they throw, whether they ask again, and
// when.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';

import { Gateway } from '../e2e/lib/gateway.mjs';
import { Admin, kAdminKey, kMock } from '../e2e/lib/keys.mjs';
import { entryOf } from '../e2e/lib/scenario.mjs';
import { afterRelease, says, Upstream } from '../e2e/lib/upstream.mjs';
import { anthropicOf } from './lib/anthropic.mjs';
import { clientOf, kMessages } from './lib/openai.mjs';

// The answers that a client got, one for each request it made, and how many milliseconds it waited for before it asked
// again. Nobody waits for that here: the pause is over at once.
class Watched {
  answers = [];
  waits = [];

  fetch = async (url, init) => {
    const answer = await fetch(url, init);
    this.answers.push(answer);
    return answer;
  };
  // Runs `ask` with a clock on which the pauses of the client, and no others, take no time.
  async during(ask) {
    const { setTimeout } = globalThis;
    globalThis.setTimeout = (then, ms, ...args) => {
      const isPause = ms === 1000 * Number(this.answers.at(-1)?.headers.get('retry-after'));
      if (isPause) this.waits.push(ms);
      return setTimeout(then, isPause ? 0 : ms, ...args);
    };
    try {
      return await ask();
    } finally {
      globalThis.setTimeout = setTimeout;
    }
  }
  get statuses() {
    return this.answers.map(({ status }) => status);
  }
  header(name) {
    return this.answers[0].headers.get(name);
  }
}

// Both clients with the same three functions.
const kClients = {
  openai: {
    errors: OpenAI,
    of: (gateway, apiKey, options) => clientOf(gateway, { apiKey, ...options }),
    ask: (client, model = 'model') => client.chat.completions.create({ model, messages: kMessages }),
    stream: (client) => client.chat.completions.create({ model: 'model', messages: kMessages, stream: true }),
    code: (error) => error.code,
    message: (error) => error.error.message,
    spent: 429,
  },
  anthropic: {
    errors: Anthropic,
    of: (gateway, apiKey, options) => anthropicOf(gateway, { apiKey, ...options }),
    ask: (client, model = 'model') => client.messages.create({ model, max_tokens: 50, messages: kMessages }),
    stream: (client) => client.messages.create({ model: 'model', max_tokens: 50, messages: kMessages, stream: true }),
    code: (error) => error.error.error.type,
    message: (error) => error.error.error.message,
    spent: 402,  // what Anthropic itself answers when the money is gone
  },
};

for (const [name, { errors, of, ask, stream, code, message, spent }] of Object.entries(kClients)) {
  describe(`${name}: refusals`, () => {
    let gateway;
    let admin;
    let upstream;
    before(async () => {
      upstream = await Upstream.start(afterRelease(says('hi')));
      gateway = await Gateway.start({ _global: { admin_key: kAdminKey }, model: kMock, other: kMock,
        held: { providers: [entryOf('a', { serve: [] }, upstream)] },
        _owners: { poor: { prepaid: true } }, _keys: { any: { key: 'sk-of-anybody-0123456789' } } });
      admin = new Admin(gateway);
    });
    after(async () => {
      assert.equal(await gateway.stop(), 0);
      await upstream.stop();
    });

    // Asks with a new key, with the retries that a client usually has; gives the error, and the answers behind it.
    async function refusedWith(settings, { before: prepare = async () => {}, asking = ask, secret } = {}) {
      const key = secret ?? (await admin.create(`key-${Math.random().toString(36).slice(2)}`, settings)).secret;
      await prepare(of(gateway, key));
      const watched = new Watched();
      const client = of(gateway, key, { maxRetries: 2, fetch: watched.fetch });
      const error = await watched.during(() => asking(client)).catch((thrown) => thrown);
      assert.ok(error instanceof errors.APIError, String(error));
      assert.ok(error.requestID, 'the client finds the request id');
      return { error, watched };
    }
    const once = (client) => ask(client);

    it('a wrong key, a disabled and an expired one are AuthenticationErrors, and asked with once', async () => {
      for (const [settings, secret, says] of [[{}, 'sk-wrong-0123456789', /wrong/],
        [{ enabled: false }, undefined, /disabled/], [{ expires: '2020-01-01' }, undefined, /expired/]]) {
        const { error, watched } = await refusedWith(settings, { secret });
        assert.ok(error instanceof errors.AuthenticationError, String(error));
        assert.match(message(error), says);
        assert.deepEqual(watched.statuses, [401]);
      }
    });

    it('a model or an address that the key may not use is a PermissionDeniedError, and asked for once', async () => {
      for (const [settings, says] of [[{ models: ['other'] }, /model 'model'/],
        [{ allowed_ips: ['10.0.0.0/8'] }, /127\.0\.0\.1/]]) {
        for (const asking of [ask, stream]) {
          const { error, watched } = await refusedWith(settings, { asking });
          assert.ok(error instanceof errors.PermissionDeniedError, String(error));
          assert.equal(error.status, 403);
          assert.match(message(error), says);
          assert.deepEqual(watched.statuses, [403]);
        }
      }
    });

    it('a model that the key may use is answered, and listed alone', async () => {
      const { secret } = await admin.create('one-model', { models: ['other'] });
      const client = of(gateway, secret);
      await ask(client, 'other');
      const ids = [];
      for await (const { id } of client.models.list()) ids.push(id);
      assert.deepEqual(ids, ['other']);
      await assert.rejects(client.models.retrieve('model'), errors.NotFoundError);
      assert.equal((await client.models.retrieve('other')).id, 'other');
    });

    it('a balance that is used up is an APIError 402, and asked for once', async () => {
      for (const asking of [ask, stream]) {
        const { error, watched } = await refusedWith({ owner: 'poor' }, { asking });
        assert.equal(error.status, 402);
        assert.match(message(error), /balance of poor is used up/);
        assert.equal(code(error), name === 'openai' ? 'insufficient_quota' : 'billing_error');
        assert.deepEqual(watched.statuses, [402]);
        assert.equal(watched.header('x-should-retry'), 'false');
      }
    });

    it('a budget that never comes back is an APIError, and asked for once', async () => {
      for (const asking of [ask, stream]) {
        const { error, watched } = await refusedWith({ budget: { requests_per_period: 1, period: 'never' } },
          { before: once, asking });
        assert.match(message(error), /budget of .* is used up/);
        assert.deepEqual(watched.statuses, [spent]);
        assert.equal(watched.header('x-should-retry'), 'false');
        assert.equal(watched.header('retry-after'), null);
      }
    });

    it('a budget that comes back tomorrow is an APIError that says when, and asked for once', async () => {
      const { error, watched } = await refusedWith({ budget: { requests_per_period: 1, period: '1d' } },
        { before: once });
      assert.match(message(error), /begins anew at/);
      assert.deepEqual(watched.statuses, [spent]);
      assert.equal(watched.header('x-should-retry'), 'false');
      assert.ok(Number(error.headers.get('retry-after')) > 60);
    });

    it('a limit of a minute is a RateLimitError, and asked for again when it says so', async () => {
      for (const asking of [ask, stream]) {
        const { error, watched } = await refusedWith({ limits: { requests_per_minute: 1, tokens_per_minute: 9000 } },
          { before: once, asking });
        assert.ok(error instanceof errors.RateLimitError, String(error));
        assert.match(message(error), /Try again in/);
        assert.deepEqual(watched.statuses, [429, 429, 429]);
        assert.equal(watched.header('x-should-retry'), null);
        const seconds = watched.answers.map(({ headers }) => Number(headers.get('retry-after')));
        assert.deepEqual(watched.waits, seconds.slice(0, 2).map((wait) => wait * 1000));
        // Many clients wait for less than a minute alone, and come much too early if they are to wait for more.
        for (const wait of seconds) assert.ok(wait > 0 && wait < 60, `${wait} s`);
        const [limit, left] = name === 'openai' ? ['x-ratelimit-limit-requests', 'x-ratelimit-remaining-requests']
          : ['anthropic-ratelimit-requests-limit', 'anthropic-ratelimit-requests-remaining'];
        assert.deepEqual([watched.header(limit), watched.header(left)], ['1', '0']);
      }
    });

    it('who finds all places taken asks again, and is answered when one is free', async () => {
      const { secret } = await admin.create('one-place', { limits: { max_concurrent: 1 } });
      const first = ask(of(gateway, secret), 'held');
      await upstream.holding();
      const watched = new Watched();
      const client = of(gateway, secret, { maxRetries: 2, fetch: async (url, init) => {
        const answer = await watched.fetch(url, init);
        if (answer.status === 429) {
          upstream.release();
          await first;
        }
        return answer;
      } });
      await watched.during(() => ask(client));
      assert.deepEqual(watched.statuses, [429, 200]);
      assert.equal(watched.waits.length, 1);
    });
  });
}
