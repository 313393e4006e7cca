// A chat in the page: what it shows, what the provider gets, and how it is stopped.
import assert from 'node:assert/strict';
import { describe } from 'node:test';

import { says, status } from '../e2e/lib/upstream.mjs';
import { at, dashboard } from './lib/dashboard.mjs';

const kPair = {
  serve: { a: [says('from a'), status(503)], b: says('from b') },
  config: ({ a, b }) => ({ demo: { providers: [at('primary', a, { priority: 1 }), at('spare', b, { priority: 2 })] } }),
};

describe('dashboard: playground', () => {
  dashboard(
    'a chat streams, and its story stands beside it',
    { ...kPair, view: 'playground/demo' },
    async ({ page, a }) => {
      await page.getByLabel('Message').fill('Hello!');
      await page.keyboard.press('Enter');
      await page.locator('.turn.assistant').getByText('from a').waitFor();
      await page.locator('.told').getByText('answered by primary').waitFor();
      await page.getByLabel('Message').fill('Again');
      await page.getByRole('button', { name: 'Send' }).click();
      await page.locator('.told').getByText('answered by spare').waitFor();
      assert.deepEqual(
        (await a.request(2)).json.messages.map(({ content }) => content),
        ['Hello!', 'from a', 'Again'],
      );
    },
  );

  dashboard(
    'an answer can be stopped, and the provider is told',
    {
      view: 'playground/demo',
      serve: {
        a: [
          ({ response }) => {
            response.writeHead(200, { 'content-type': 'text/event-stream' });
            response.write(
              'data: {"id":"1","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":"Once"}}]}\n\n',
            );
          },
        ],
      },
      config: ({ a }) => ({ demo: { providers: [at('slow', a)] } }),
    },
    async ({ page, a }) => {
      await page.getByLabel('Message').fill('A long story');
      await page.keyboard.press('Enter');
      await page.locator('.turn.assistant').getByText('Once').waitFor();
      await page.getByRole('button', { name: 'Stop' }).click();
      await page.getByText('Stopped.').waitFor();
      await (await a.request()).aborted();
      await page.locator('.told .timeline .text').filter({ hasText: 'client left' }).waitFor();
    },
  );

  dashboard(
    'an error is shown as it was answered',
    {
      view: 'playground/demo',
      serve: { a: status(400, { message: 'No such voice.' }) },
      config: ({ a }) => ({ demo: { providers: [at('picky', a)] } }),
    },
    async ({ page }) => {
      await page.getByLabel('Message').fill('Sing');
      await page.keyboard.press('Enter');
      await page.getByRole('alert').filter({ hasText: 'No such voice.' }).waitFor();
    },
  );

  dashboard(
    'a 401 that a provider gave is not the end of the session',
    {
      view: 'playground/demo',
      serve: { a: status(401) },
      config: ({ a }) => ({ demo: { pass_upstream_auth_errors: true, providers: [at('strict', a)] } }),
    },
    async ({ page }) => {
      await page.getByLabel('Message').fill('Hello!');
      const looked = page.waitForResponse((reply) => reply.url().endsWith('/admin/session'));
      await page.keyboard.press('Enter');
      await page.getByRole('alert').filter({ hasText: 'refused its key' }).waitFor();
      await looked;
      await page.locator('.told').getByText('asked last: strict').waitFor();
      assert.equal(await page.getByRole('heading', { level: 1 }).textContent(), 'Playground');
    },
  );
});
