// The golden cases of tests/protocol/cases; README.md there says how they are written.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';

import { convert, eventsOf } from './lib/convert.mjs';

const kCases = fileURLToPath(new URL('./cases/', import.meta.url));

// One case's files; null where there is none.
class Case {
  constructor(direction, name) {
    Object.assign(this, { direction, name });
  }
  text(part) {
    const file = path.join(kCases, this.direction, `${this.name}.${part}`);
    return fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : null;
  }
  json(part) {
    const text = this.text(part);
    return text === null ? null : JSON.parse(text);
  }
  // The members of the conversion's input as JSON texts: what is in the files reaches the binary as it is spelled.
  input() {
    const members = Object.entries(this.json('options.json') ?? {}).map(([name, value]) =>
      `${JSON.stringify(name)}:${JSON.stringify(value)}`);
    return [...members, this.#content()];
  }
  #content() {
    const json = this.text('input.json');
    if (json !== null) return `"body":${json}`;
    const plain = this.text('input.txt');
    if (plain !== null) return `"body":${JSON.stringify(plain)}`;
    return `"sse":${JSON.stringify(this.text('input.sse'))}`;
  }
}

function casesOf(direction) {
  const names = fs.readdirSync(path.join(kCases, direction)).filter((file) => file.includes('.input.'));
  return names.map((file) => new Case(direction, file.slice(0, file.indexOf('.input.'))));
}

// `expected` may say `<any>` for a piece of text that is made up anew each time.
function matches(actual, expected) {
  if (typeof expected === 'string' && expected.includes('<any>') && typeof actual === 'string') {
    const pattern = expected.split('<any>').map((piece) => piece.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('.+');
    return new RegExp(`^${pattern}$`, 's').test(actual);
  }
  if (Array.isArray(expected)) {
    return Array.isArray(actual) && actual.length === expected.length &&
      expected.every((value, at) => matches(actual[at], value));
  }
  if (expected !== null && typeof expected === 'object') {
    if (actual === null || typeof actual !== 'object' || Array.isArray(actual)) return false;
    const names = Object.keys(expected);
    // The order of members counts: prompt caches depend on it.
    return names.join('\n') === Object.keys(actual).join('\n') &&
      names.every((name) => matches(actual[name], expected[name]));
  }
  return Object.is(actual, expected);
}

function assertMatches(actual, expected) {
  if (!matches(actual, expected)) {
    assert.equal(JSON.stringify(actual, null, 1), JSON.stringify(expected, null, 1));
    assert.fail('the values differ');
  }
}

function assertOutput(output, one) {
  const expect = one.json('expect.json') ?? {};
  assert.equal(output.status, expect.status ?? 200, output.raw);
  for (const [name, value] of Object.entries(expect.headers ?? {})) {
    assert.equal(output.headers[name] ?? null, value, `the header ${name}`);
  }
  const events = one.text('expected.sse');
  if (events !== null) {
    assert.equal(typeof output.sse, 'string', output.raw);
    assertMatches(eventsOf(output.sse), eventsOf(events));
  } else {
    assertMatches(output.body, one.json('expected.json'));
  }
}

for (const direction of fs.readdirSync(kCases).sort()) {
  describe(direction, { concurrency: 8 }, () => {
    for (const one of casesOf(direction)) {
      it(one.name.replaceAll('_', ' '), async () => {
        assertOutput(await convert(direction, `{${one.input().join(',')}}`), one);
      });
      const events = one.text('input.sse');
      if (events === null) continue;
      it(`${one.name.replaceAll('_', ' ')}, byte by byte`, async () => {
        const reads = [...Buffer.from(events)].map((byte) => Buffer.from([byte]).toString('base64'));
        const options = one.json('options.json') ?? {};
        assertOutput(await convert(direction, { ...options, sse_base64: reads }), one);
      });
    }
  });
}
