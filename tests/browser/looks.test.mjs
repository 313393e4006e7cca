// How it looks: pictures of each view for people (build/browser/*.png), and what can be said of them without eyes.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import zlib from 'node:zlib';

import { says, status } from '../e2e/lib/upstream.mjs';
import { at, dashboard, isLive, kAdmin, kDesktop, kPhone, picture } from './lib/dashboard.mjs';

const kWeb = fileURLToPath(new URL('../../web/', import.meta.url));
const kBytesMax = 150_000; // of all files, compressed
const kContrastMin = 4.5; // WCAG 2.2, 1.4.3
// Each view with what is there once its answers have come.
const kViews = {
  now: { at: 'now', sign: '.requests tbody tr' },
  models: { at: 'models', sign: '.provider' },
  requests: { at: 'requests', sign: '.requests tbody tr' },
  story: { at: 'requests/switched', sign: '.story' },
  history: { at: 'history', sign: '.chart rect' },
  keys: { at: 'keys', sign: '.key' },
  config: { at: 'config', sign: '.editor .numbers:not(:empty)' },
  playground: { at: 'playground/chat', sign: '.talk' },
};

const files = fs
  .readdirSync(kWeb, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => path.join(entry.parentPath ?? entry.path, entry.name));
const read = (file) => fs.readFileSync(file, 'utf8');

// A gateway with something to show.
const kScene = {
  serve: { a: [status(503)], b: says('It rains.'), c: says('The sun shines.') },
  config: ({ a, b, c }) => ({
    chat: {
      aliases: ['default'],
      providers: [
        at('home', a, { priority: 1, weight: 30 }),
        at('office', c, { priority: 1, weight: 10, enabled: false }),
        at('cloud', b, { priority: 2, rate_limit: { requests_per_period: 20, period_cron: '0 0 1 1 *' } }),
        at('reserve', c, { priority: 3 }),
      ],
    },
    code: {
      strategy: 'round_robin',
      providers: [at('left', b, { rate_limit: { tokens_per_period: 500, period_cron: '0 0 1 1 *' } }), at('right', c)],
    },
  }),
};

async function play(gateway) {
  await gateway.post(
    '/admin/keys',
    {
      name: 'laptop',
      owner: 'anna',
      limits: { requests_per_minute: 20 },
      budget: { cost_per_period: 5, period_cron: '0 0 1 * *' },
    },
    kAdmin,
  );
  await gateway.post('/admin/owners/anna/credit', { amount: 12.5, note: 'cash' }, kAdmin);
  for (let turn = 0; turn < 5; ++turn) {
    await gateway.chat('chat', {}, turn === 0 ? { ...kAdmin, 'x-request-id': 'switched' } : kAdmin);
    await gateway.chat('code', {}, kAdmin);
  }
  await gateway.chat('unknown', {}, kAdmin);
}

describe('dashboard: looks', () => {
  for (const [size, viewport] of Object.entries({ desktop: kDesktop, phone: kPhone })) {
    for (const colorScheme of ['light', 'dark']) {
      dashboard(
        `${size}, ${colorScheme}: nothing is cut off, and all can be read`,
        { ...kScene, viewport, colorScheme },
        async ({ page, gateway, address }) => {
          await play(gateway);
          for (const [view, { at: place, sign }] of Object.entries(kViews)) {
            await page.goto(`${address}#/${place}`);
            await isLive(page);
            await page.locator(sign).first().waitFor({ state: 'attached' });
            await picture(page, `${view}-${size}-${colorScheme}`);
            const [wide, window] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
            assert.ok(wide <= window, `${view} is ${wide} wide in a window of ${window}`);
            assert.deepEqual(await faint(page), [], view);
            assert.deepEqual(await nameless(page), [], view);
          }
        },
      );
    }
  }

  dashboard('the theme is the system’s until it is chosen, and stays', { colorScheme: 'light' }, async ({ page }) => {
    await isLive(page);
    const ground = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
    const light = await ground();
    await page.emulateMedia({ colorScheme: 'dark' });
    const dark = await ground();
    assert.notEqual(dark, light);
    await page.getByRole('button', { name: 'Theme: system' }).click();
    assert.equal(await ground(), light);
    await page.reload();
    await page.getByRole('button', { name: 'Theme: light' }).waitFor();
    assert.equal(await ground(), light);
  });

  dashboard('nothing moves for who asked for that', { reducedMotion: 'reduce', view: 'models' }, async ({ page }) => {
    await isLive(page);
    assert.equal(await page.evaluate(() => document.getAnimations().length), 0);
    const moving = await page.evaluate(
      () =>
        [...document.querySelectorAll('*')].filter(
          (element) => parseFloat(getComputedStyle(element).transitionDuration) > 0,
        ).length,
    );
    assert.equal(moving, 0);
  });
});

describe('dashboard: files', () => {
  it('are small', () => {
    const bytes = files.reduce((sum, file) => sum + zlib.gzipSync(fs.readFileSync(file), { level: 9 }).length, 0);
    assert.ok(bytes <= kBytesMax, `${bytes} bytes`);
  });

  it('put text in as text', () => {
    for (const file of files.filter((name) => name.endsWith('.js'))) {
      assert.doesNotMatch(
        read(file),
        /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function/,
        file,
      );
    }
  });

  it('know no other origin', () => {
    for (const file of files.filter((name) => !name.endsWith('.svg'))) {
      assert.doesNotMatch(read(file).replaceAll('http://www.w3.org/2000/svg', ''), /https?:|['"(]\/\//, file);
    }
  });

  it('are all there, and loaded together', () => {
    const index = read(path.join(kWeb, 'index.html'));
    assert.doesNotMatch(index, /<script>|<style|style=|\son\w+=/);
    for (const file of files.filter((name) => /\.(js|css)$/.test(name))) {
      assert.ok(index.includes(`"/dashboard/${path.relative(kWeb, file)}"`), file);
    }
  });
});

// Texts with less contrast to what is behind them than people need. Controls that are switched off may be faint.
function faint(page) {
  return page.evaluate((least) => {
    const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
    const rgba = (color) => {
      canvas.clearRect(0, 0, 1, 1);
      canvas.fillStyle = color;
      canvas.fillRect(0, 0, 1, 1);
      return canvas.getImageData(0, 0, 1, 1).data;
    };
    const luminance = ([red, green, blue]) => {
      const [r, g, b] = [red, green, blue].map((part) =>
        (part /= 255) <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4,
      );
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const behind = (element) => {
      for (let one = element; one; one = one.parentElement) {
        const color = rgba(getComputedStyle(one).backgroundColor);
        if (color[3] === 255) return color;
      }
      return [255, 255, 255];
    };
    const found = new Set();
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const element = walker.currentNode.parentElement;
      if (
        !walker.currentNode.data.trim() ||
        !element.checkVisibility() ||
        element.closest(':disabled, .hidden, svg, option')
      )
        continue;
      const [front, back] = [luminance(rgba(getComputedStyle(element).color)), luminance(behind(element))];
      const contrast = (Math.max(front, back) + 0.05) / (Math.min(front, back) + 0.05);
      if (contrast < least) found.add(`${element.className || element.tagName} ${contrast.toFixed(2)}`);
    }
    return [...found];
  }, kContrastMin);
}

// Controls that have no name for those who can't see them.
function nameless(page) {
  return page.evaluate(() =>
    [...document.querySelectorAll('button, a, input, select, textarea, [role="img"]')]
      .filter((element) => element.checkVisibility() && !element.closest('[aria-hidden="true"]'))
      .filter(
        (element) => !(element.textContent.trim() || element.getAttribute('aria-label') || element.labels?.length > 0),
      )
      .map((element) => element.outerHTML.slice(0, 100)),
  );
}
