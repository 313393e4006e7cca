// The configuration in the page: masked, checked, saved where that is allowed, and its problems at their place.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { describe } from 'node:test';

import { dashboard, kAdmin, kAdminKey } from './lib/dashboard.mjs';

const kWritable = () => ({
  _global: { admin_key: kAdminKey, allow_config_write: true },
  demo: { providers: [{ name: 'm', type: 'mock', mock: { latency: 0 } }] },
});
const kUpstreamKey = 'sk-upstream-secret-0123456789';
const editor = (page) => page.getByLabel('Configuration');
// Once there is a text in it.
async function textOf(page) {
  await page.locator('.editor .numbers:not(:empty)').waitFor({ state: 'attached' });
  return editor(page).inputValue();
}

describe('dashboard: configuration', () => {
  dashboard(
    'is shown without its secrets',
    {
      view: 'config',
      config: () => ({
        demo: { providers: [{ name: 'm', endpoint: 'http://127.0.0.1:9/v1', model: 'x', api_key: kUpstreamKey }] },
      }),
    },
    async ({ page }) => {
      const text = await textOf(page);
      assert.match(text, /"endpoint"/);
      assert.ok(!text.includes(kUpstreamKey) && !text.includes(kAdminKey));
      await page.getByText('Saving is off').waitFor();
      assert.equal(await page.getByRole('button', { name: 'Save' }).isDisabled(), true);
    },
  );

  dashboard('a file that is wrong is not taken over, and says where', { view: 'config' }, async ({ page, gateway }) => {
    await textOf(page);
    gateway.writeConfig('{\n  "demo": {\n    "providers": [\n      { "nam": "m", "type": "mock" }\n    ]\n  }\n}\n');
    await page.getByRole('button', { name: 'Reload the file' }).click();
    const problem = page.locator('.problems li').filter({ hasText: 'did you mean "name"?' });
    await problem.getByRole('button', { name: 'Line 4' }).waitFor();
    await problem.getByText('demo.providers[0].nam').waitFor();
    assert.equal((await gateway.chat('demo', {}, kAdmin)).status, 200);
  });

  dashboard('edits are checked, and a problem leads to its line', { view: 'config' }, async ({ page, gateway }) => {
    const text = await textOf(page);
    await editor(page).fill(text.replace('"type"', '"typ"'));
    await page.getByRole('button', { name: 'Check' }).click();
    await page.locator('.problems button').first().click();
    const line = text.split('\n').findIndex((one) => one.includes('"type"')) + 1;
    const [selected, at] = await editor(page).evaluate((area) => [
      area.value.slice(area.selectionStart, area.selectionEnd),
      area.value.slice(0, area.selectionStart).split('\n').length,
    ]);
    assert.equal(at, line);
    assert.match(selected, /"typ"/);
    assert.equal(fs.readFileSync(gateway.configFile, 'utf8').includes('"typ"'), false);
    await page.getByRole('button', { name: 'Undo edits' }).click();
    await page.waitForFunction((wanted) => document.querySelector('.editor textarea').value === wanted, text);
    await page.getByRole('button', { name: 'Check' }).click();
    await page.locator('.result').getByText('It is good.').waitFor();
  });

  dashboard(
    'edits are saved and take effect, secrets stay',
    { view: 'config', config: kWritable },
    async ({ page, gateway }) => {
      const text = await textOf(page);
      await editor(page).fill(text.replace('"demo"', '"show"'));
      await page.getByRole('button', { name: 'Save' }).click();
      await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
      await page.locator('.result').getByText('Saved').waitFor();
      assert.equal((await gateway.chat('show', {}, kAdmin)).status, 200);
      assert.equal((await gateway.chat('demo', {}, kAdmin)).status, 404);
      assert.ok(fs.readFileSync(gateway.configFile, 'utf8').includes(kAdminKey));
    },
  );

  dashboard(
    'a file that somebody else has changed is not overwritten',
    { view: 'config', config: kWritable },
    async ({ page, gateway }) => {
      const text = await textOf(page);
      await editor(page).fill(text.replace('"demo"', '"show"'));
      const theirs = fs.readFileSync(gateway.configFile, 'utf8').replace('"demo"', '"theirs"');
      gateway.writeConfig(theirs);
      await page.getByRole('button', { name: 'Save' }).click();
      await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
      await page
        .getByRole('dialog')
        .getByRole('alert')
        .filter({ hasText: /changed/ })
        .waitFor();
      assert.equal(fs.readFileSync(gateway.configFile, 'utf8'), theirs);
      // What was edited is kept, and is saved by who knows of the other changes.
      await page.getByRole('dialog').getByRole('button', { name: 'Read it, keep my edits' }).click();
      await page.getByText('Saving replaces them.').waitFor();
      assert.match(await editor(page).inputValue(), /"show"/);
      await page.getByRole('button', { name: 'Save' }).click();
      await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
      await page.locator('.result').getByText('Saved').waitFor();
      assert.match(fs.readFileSync(gateway.configFile, 'utf8'), /"show"/);
    },
  );
});
