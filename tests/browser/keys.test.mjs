// Keys and owners: what is done in the page is done, and what the gateway refuses is said.
import assert from 'node:assert/strict';
import { describe } from 'node:test';

import { dashboard, kAdmin } from './lib/dashboard.mjs';

describe('dashboard: keys', () => {
  dashboard(
    'a key is made, shown once, used, rotated, disabled and deleted',
    { view: 'keys' },
    async ({ page, gateway }) => {
      await page.getByRole('button', { name: 'New key' }).click();
      const dialog = page.getByRole('dialog');
      await dialog.getByLabel('Name').fill('laptop');
      await dialog.getByLabel('Owner').fill('anna');
      await dialog.getByLabel('Models').fill('demo*, !demo-secret');
      await dialog.getByLabel('Requests a minute').fill('20');
      await dialog.getByLabel('Budget in US dollars').fill('5');
      await dialog.getByRole('button', { name: 'Create' }).click();
      const secret = await dialog.getByLabel('Secret of laptop').inputValue();
      assert.equal((await gateway.chat('demo', {}, { authorization: `Bearer ${secret}` })).status, 200);
      await dialog.getByRole('button', { name: 'Done' }).click();
      assert.ok(!(await page.content()).includes(secret));

      const card = page.getByRole('article').filter({ has: page.getByRole('heading', { name: 'laptop' }) });
      await card.getByText('of anna · models demo*, !demo-secret').waitFor();
      await card.getByText('$0.00 of $5.00').waitFor();

      await card.getByRole('button', { name: 'Rotate' }).click();
      await dialog.getByRole('button', { name: 'Rotate' }).click();
      const second = await dialog.getByLabel('Secret of laptop').inputValue();
      assert.notEqual(second, secret);
      await dialog.getByRole('button', { name: 'Done' }).click();
      await card.getByText('its old secret is good until').waitFor();

      await card.getByRole('button', { name: 'Disable' }).click();
      await dialog.getByRole('button', { name: 'Disable' }).click();
      await card.getByText('disabled', { exact: true }).waitFor();
      assert.equal((await gateway.chat('demo', {}, { authorization: `Bearer ${second}` })).status, 401);

      await card.getByRole('button', { name: 'Delete' }).click();
      await dialog.getByRole('button', { name: 'Delete' }).click();
      await card.waitFor({ state: 'detached' });
      assert.equal((await gateway.get('/admin/keys/laptop', kAdmin)).status, 404);
    },
  );

  dashboard('a secret that is shown only once stays until it is done with', { view: 'keys' }, async ({ page }) => {
    await page.getByRole('button', { name: 'New key' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Name').fill('phone');
    await dialog.getByRole('button', { name: 'Create' }).click();
    const secret = dialog.getByLabel('Secret of phone');
    await secret.waitFor();
    for (let i = 0; i < 3; ++i) await page.keyboard.press('Escape');
    assert.equal(await secret.isVisible(), true);
    await dialog.getByRole('button', { name: 'Done' }).click();
    await dialog.waitFor({ state: 'detached' });
  });

  dashboard('what the gateway refuses is said in the form', { view: 'keys' }, async ({ page }) => {
    await page.getByRole('button', { name: 'New key' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Name').fill('no spaces allowed');
    await dialog.getByRole('button', { name: 'Create' }).click();
    await dialog.getByRole('alert').filter({ hasText: /name/ }).waitFor();
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
  });

  dashboard('an owner gets a credit, and the ledger has it', { view: 'keys' }, async ({ page }) => {
    await page.getByRole('button', { name: 'Credit an owner' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Owner').fill('anna');
    await dialog.getByLabel('US dollars').fill('12.50');
    await dialog.getByLabel('Note').fill('cash');
    await dialog.getByRole('button', { name: 'Book it' }).click();
    await page.getByText('balance $12.50').waitFor();
    await page.getByText('Transactions').click();
    await page.getByRole('cell', { name: 'cash' }).waitFor();
  });
});
