// Who may look: signing in and out, by keyboard alone, and what happens when the session ends in between.
import assert from 'node:assert/strict';
import { describe } from 'node:test';

import { dashboard, isLive, kAdmin, kAdminKey } from './lib/dashboard.mjs';

describe('dashboard: signing in', () => {
  dashboard('asks for the admin’s key, refuses a wrong one and takes the right one', { signIn: false }, async ({ page }) => {
    await page.getByLabel('Admin key').fill('not-the-key-0123456789');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('alert').filter({ hasText: 'not good' }).waitFor();
    await page.getByLabel('Admin key').fill(kAdminKey);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await isLive(page);
    assert.equal(await page.getByRole('heading', { level: 1 }).textContent(), 'Now');
  });

  dashboard('works by keyboard alone', { signIn: false, view: 'models' }, async ({ page }) => {
    await page.getByLabel('Admin key').waitFor();
    await page.keyboard.type(kAdminKey);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: 'Models' }).waitFor();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');  // skips to the content
    for (const wanted of ['INPUT', 'SUMMARY', 'BUTTON']) {
      await page.keyboard.press('Tab');
      assert.equal(await page.evaluate(() => document.activeElement.tagName), wanted);
      const outline = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
      assert.notEqual(outline, 'none', `the focus on ${wanted} is visible`);
    }
    await page.keyboard.press('Enter');
    await page.locator('.explanation li').first().waitFor();
  });

  dashboard('keeps no secret that a script could read', {}, async ({ page, window }) => {
    await isLive(page);
    assert.equal(await page.evaluate(() => document.cookie), '');
    assert.equal(await page.evaluate((key) => JSON.stringify([{ ...localStorage }, { ...sessionStorage }]).includes(key),
      kAdminKey), false);
    const [cookie] = await window.cookies();
    assert.equal(cookie.httpOnly, true);
    assert.equal(cookie.sameSite, 'Strict');
  });

  dashboard('ends with signing out', {}, async ({ page, window }) => {
    await isLive(page);
    await page.getByRole('button', { name: /^Sign out/ }).click();
    await page.getByLabel('Admin key').waitFor();
    const reply = await window.request.get(page.url().replace(/dashboard.*/, 'admin/overview'));
    assert.equal(reply.status(), 401);
  });

  dashboard('comes back to where one was when the session was lost', { view: 'keys' }, async ({ page, window }) => {
    await page.getByRole('button', { name: 'New key' }).waitFor();
    await window.clearCookies();
    await page.getByRole('link', { name: 'Requests' }).click();
    await page.getByLabel('Admin key').fill(kAdminKey);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: 'Requests' }).waitFor();
    await isLive(page);
  });

  dashboard('is not asked for where nobody needs a key', { signIn: false, config: () => ({ _global: {},
    demo: { providers: [{ name: 'm', type: 'mock' }] } }) }, async ({ page }) => {
    await isLive(page);
    assert.equal(await page.getByRole('button', { name: /^Sign out/ }).count(), 0);
  });
});

describe('dashboard: keys', () => {
  dashboard('a key is made, shown once, used, rotated, disabled and deleted', { view: 'keys' }, async ({ page, gateway }) => {
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
