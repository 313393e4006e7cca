// Text of others stays text: names of models, providers and keys, what providers and clients say. The watch of each
// case (lib/dashboard.mjs) fails it for any script that runs, dialog, or request to another origin.
import assert from 'node:assert/strict';
import { describe } from 'node:test';

import { completion, json, status } from '../e2e/lib/upstream.mjs';
import { at, dashboard, isLive, kAdmin } from './lib/dashboard.mjs';

const kTexts = [
  '<img src=x onerror=alert(1)>',
  '</script><script>alert(1)</script>',
  'javascript:alert(1)',
  '"><svg onload=alert(1)>',
  '{{constructor.constructor("alert(1)")()}}',
];
const kEvil = kTexts.join(' ');
const kViews = ['now', 'models', 'requests', 'history', 'keys', 'config', 'playground'];

// What an attacker would have made: elements that this page never has.
const foreign = (page) =>
  page.evaluate(
    () =>
      document.querySelectorAll('img, iframe, object, embed, body script, [onerror], [onload], a[href^="javascript:"]')
        .length,
  );

describe('dashboard: text of others', () => {
  dashboard(
    'runs nowhere',
    {
      serve: { a: [status(503, { message: kEvil }), json(completion(kEvil))] },
      config: ({ a }) =>
        Object.fromEntries(
          kTexts.map((text) => [
            text,
            { aliases: [`alias ${text}`], providers: [at(text, a), at('other', a, { priority: 2 })] },
          ]),
        ),
    },
    async ({ page, gateway, address }) => {
      await isLive(page);
      for (const text of kTexts) {
        await gateway.chat(text, {}, kAdmin);
        await gateway.chat(`unknown ${text}`, {}, kAdmin);
      }
      for (const view of kViews) {
        await page.goto(`${address}#/${view}`);
        await isLive(page);
        if (view === 'requests')
          await page
            .locator('tbody tr')
            .nth(2 * kTexts.length - 1)
            .waitFor();
        if (view === 'models') {
          await page.getByRole('heading', { name: kTexts[0] }).waitFor();
          for (const button of await page.getByRole('button', { name: 'What would be chosen now?' }).all())
            await button.click();
          await page
            .locator('.explanation li')
            .nth(2 * kTexts.length - 1)
            .waitFor();
        }
        if (view === 'history') await page.getByRole('row', { name: kTexts[0] }).waitFor();
        assert.equal(await foreign(page), 0, view);
      }
      const { requests } = (await gateway.get('/admin/requests', kAdmin)).json;
      for (const { id } of requests) {
        await page.goto(`${address}#/requests/${id}`);
        await page.locator('.story .id').filter({ hasText: id }).waitFor();
        assert.equal(await foreign(page), 0);
      }
    },
  );

  dashboard(
    'addresses made of it lead nowhere else',
    {
      config: () =>
        Object.fromEntries(
          kTexts.map((text) => [text, { providers: [{ name: text, type: 'mock', mock: { latency: 0 } }] }]),
        ),
    },
    async ({ page, address }) => {
      for (const text of kTexts) {
        for (const view of ['models', 'requests', 'playground']) {
          await page.goto(`${address}#/${view}/${encodeURIComponent(text)}`);
          await page.goto(`${address}#/${view}?model=${encodeURIComponent(text)}&key=${encodeURIComponent(text)}`);
        }
        await page.goto(`${address}#/${text}`);
        await isLive(page);
        assert.equal(await foreign(page), 0);
        assert.ok(page.url().startsWith(address));
      }
      const links = await page.locator('a').evaluateAll((all) => all.map((link) => link.getAttribute('href')));
      assert.deepEqual(
        links.filter((href) => !href.startsWith('#')),
        [],
      );
    },
  );

  dashboard(
    'an answer in the playground is text',
    {
      view: 'playground/demo',
      serve: { a: [json(completion(kEvil))] },
      config: ({ a }) => ({ demo: { providers: [at('a', a)] } }),
    },
    async ({ page }) => {
      await page.getByLabel('Message').fill(kEvil);
      await page.keyboard.press('Enter');
      await page.locator('.told .story').waitFor();
      assert.equal(await page.locator('.turn.user .text').textContent(), kEvil);
      assert.equal(await page.locator('.turn.assistant .text').textContent(), kEvil);
      assert.equal(await foreign(page), 0);
    },
  );

  dashboard('owners, notes and keys are text', { view: 'keys' }, async ({ page, gateway }) => {
    const owner = 'javascript:alert(1)';
    assert.equal(
      (await gateway.post(`/admin/owners/${encodeURIComponent(owner)}/credit`, { amount: 1, note: kEvil }, kAdmin))
        .status,
      200,
    );
    assert.equal((await gateway.post('/admin/keys', { name: 'k', owner, models: [kTexts[0]] }, kAdmin)).status, 201);
    await page.reload();
    await page.getByText(`models ${kTexts[0]}`).waitFor();
    await page.getByText('Transactions').first().click();
    await page.getByRole('cell', { name: kTexts[0] }).waitFor();
    assert.equal(await foreign(page), 0);
  });

  dashboard('what the page has no right to is refused by the browser', {}, async ({ page, window }) => {
    await isLive(page);
    // A page of its own, since the violation is a fault in the watched one.
    const other = await window.newPage();
    await other.goto(page.url());
    const ran = await other.evaluate(() => {
      const script = document.createElement('script');
      script.textContent = 'window.hasRun = true';
      document.body.append(script);
      return Boolean(window.hasRun);
    });
    assert.equal(ran, false);
  });
});
