// The README's JavaScript examples, run as they stand there, against a gateway with the shipped configuration.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { Gateway } from '../e2e/lib/gateway.mjs';
import { blocksOf } from '../e2e/lib/markdown.mjs';

const kTop = fileURLToPath(new URL('../../', import.meta.url));
const read = (file) => fs.readFileSync(path.join(kTop, file), 'utf8');
const examples = blocksOf(read('README.md')).filter(({ language }) => language === 'js');

describe('README: programs', { concurrency: 4 }, () => {
  let gateway;
  before(async () => { gateway = await Gateway.start(read('config/provider.json')); });
  after(async () => assert.equal(await gateway.stop(), 0));

  it('are there', () => assert.ok(examples.length >= 2));

  for (const { line, text } of examples) {
    it(`line ${line} prints an answer`, async () => {
      // Beside this file, where the clients' packages are found.
      const file = fileURLToPath(new URL(`./readme-line-${line}.tmp.mjs`, import.meta.url));
      fs.writeFileSync(file, text.replaceAll('localhost:6010', `127.0.0.1:${gateway.port}`));
      try {
        const { stdout } = await promisify(execFile)(process.execPath, [file]);
        assert.match(stdout, /\S/);
      } finally {
        fs.rmSync(file);
      }
    });
  }
});
