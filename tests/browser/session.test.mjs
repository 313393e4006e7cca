// Who may look: signing in and out, by keyboard alone, and what happens when the session ends in between.
import assert from 'node:assert/strict';
import { describe } from 'node:test';

import { dashboard, isLive, kAdminKey } from './lib/dashboard.mjs';

describe('dashboard: signing in', () => {
  dashboard(
    'asks for the admin’s key, refuses a wrong one and takes the right one',
    { signIn: false },
    async ({ page }) => {
      await page.getByLabel('Admin key').fill('not-the-key-0123456789');
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.getByRole('alert').filter({ hasText: 'not good' }).waitFor();
      await page.getByLabel('Admin key').fill(kAdminKey);
      await page.getByRole('button', { name: 'Sign in' }).click();
      await isLive(page);
      assert.equal(await page.getByRole('heading', { level: 1 }).textContent(), 'Now');
    },
  );

  dashboard('works by keyboard alone', { signIn: false, view: 'models' }, async ({ page }) => {
    await page.getByLabel('Admin key').waitFor();
    await page.keyboard.type(kAdminKey);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: 'Models' }).waitFor();
    await page.waitForFunction(() => document.activeElement.tagName === 'H1');
    await page.locator('.model summary').waitFor();
    for (const wanted of ['INPUT', 'SUMMARY', 'BUTTON']) {
      await page.keyboard.press('Tab');
      assert.equal(await page.evaluate(() => document.activeElement.tagName), wanted);
      const outline = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
      assert.notEqual(outline, 'none', `the focus on ${wanted} is visible`);
    }
    await page.keyboard.press('Enter');
    await page.locator('.explanation li').first().waitFor();

    await page.reload();
    await isLive(page);
    await page.keyboard.press('Tab');
    assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Skip to the content');
    await page.keyboard.press('Enter');
    assert.equal(await page.evaluate(() => document.activeElement.tagName), 'H1');
  });

  dashboard('keeps no secret that a script could read', {}, async ({ page, window }) => {
    await isLive(page);
    assert.equal(await page.evaluate(() => document.cookie), '');
    assert.equal(
      await page.evaluate(
        (key) => JSON.stringify([{ ...localStorage }, { ...sessionStorage }]).includes(key),
        kAdminKey,
      ),
      false,
    );
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
    // Not by a link: the view's own questions may have been refused already, and the form be there.
    await page.evaluate(() => {
      location.hash = '#/requests';
    });
    await page.getByLabel('Admin key').fill(kAdminKey);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: 'Requests' }).waitFor();
    await isLive(page);
  });

  dashboard(
    'is not asked for where nobody needs a key',
    { signIn: false, config: () => ({ _global: {}, demo: { providers: [{ name: 'm', type: 'mock' }] } }) },
    async ({ page }) => {
      await isLive(page);
      assert.equal(await page.getByRole('button', { name: /^Sign out/ }).count(), 0);
    },
  );
});
