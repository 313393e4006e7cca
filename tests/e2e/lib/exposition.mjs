// Reads what Prometheus reads, and refuses what it may only shrug at: text format 0.0.4, and OpenMetrics 1.0.0 where
// `open` says so.
//
//   const metrics = parseExposition(reply.text, { open: false });
//   metrics.value('ai_gateway_requests_total', { model: 'gpt', provider: 'a', status: '200' });  // 0 if there is none
//
// Each family has HELP, TYPE and (OpenMetrics) UNIT once, in this order, and its samples right behind them; names and
// labels are proper and their escapes known; no sample comes twice; histograms are whole, rise, and end with +Inf.
import assert from 'node:assert/strict';

const kName = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const kLabelName = /^[a-zA-Z_][a-zA-Z0-9_]*$/;
const kNumber = /^[+-]?\d+(\.\d+)?$/;
const kTypes = { false: ['counter', 'gauge', 'histogram'], true: ['counter', 'gauge', 'histogram', 'info'] };
const kSuffixes = { histogram: ['_bucket', '_sum', '_count'] };

export function parseExposition(text, { open }) {
  return new Parser(text, open).run();
}

// What was written, by the name of the family as the text format has it: counters and infos with their suffix.
export class Metrics {
  constructor(families) {
    this.families = families;
  }
  names() {
    return [...this.families.keys()];
  }
  // Samples with this name whose labels have these values.
  samples(name, labels = {}) {
    const family = this.families.get(name) ?? this.families.get(name.replace(/_(bucket|sum|count)$/, ''));
    assert.ok(family, `a metric ${name}`);
    return family.samples.filter((sample) => sample.name === name
      && Object.entries(labels).every(([label, value]) => (sample.labels[label] ?? '') === value));
  }
  // The sum of them.
  value(name, labels = {}) {
    return this.samples(name, labels).reduce((sum, sample) => sum + sample.value, 0);
  }
  // Every sample of a name as `{ 'a/200': 1 }`: the values of these labels, in this order.
  table(name, ...labels) {
    const rows = this.samples(name)
      .map((sample) => [labels.map((label) => sample.labels[label] ?? '').join('/'), sample.value]);
    assert.equal(new Set(rows.map(([row]) => row)).size, rows.length, `${labels} tell the samples of ${name} apart`);
    return Object.fromEntries(rows);
  }
  count() {
    return [...this.families.values()].reduce((sum, family) => sum + family.samples.length, 0);
  }
}

class Parser {
  #families = new Map();
  #family = null;
  #taken = new Set();  // names of families and samples

  constructor(text, open) {
    this.text = text;
    this.open = open;
  }

  run() {
    assert.ok(this.text.endsWith('\n'), 'the last line has its end');
    assert.ok(!this.text.includes('\r'), 'lines end with a line feed');
    const lines = this.text.slice(0, -1).split('\n');
    if (this.open) assert.equal(lines.pop(), '# EOF', 'the end is marked');
    for (const [at, line] of lines.entries()) {
      try {
        this.#line(line);
      } catch (error) {
        error.message = `line ${at + 1}: ${line}\n${error.message}`;
        throw error;
      }
    }
    for (const family of this.#families.values()) this.#check(family);
    return new Metrics(this.#families);
  }

  #line(line) {
    assert.notEqual(line, '', 'no line is empty');
    if (!line.startsWith('#')) return this.#sample(line);
    const [, keyword, name, rest] = /^# (HELP|TYPE|UNIT) (\S+) (.+)$/.exec(line) ?? assert.fail('an unknown comment');
    assert.match(name, kName);
    if (keyword === 'HELP') return this.#begin(name, rest);
    assert.equal(name, this.#family?.written, 'what is said of a family stands together');
    assert.equal(this.#family.samples.length, 0, 'before its samples');
    if (keyword === 'TYPE') return this.#type(rest);
    assert.ok(this.open, 'a unit is told in OpenMetrics alone');
    assert.ok(this.#family.type && !this.#family.unit, 'one unit, behind the type');
    assert.ok(name.endsWith(`_${rest}`), 'a name ends with its unit');
    this.#family.unit = rest;
    return undefined;
  }

  #begin(written, help) {
    if (this.#family) assert.ok(this.#family.type, `${this.#family.written} has a type`);
    assert.match(help, this.open ? /^([^\\"]|\\[\\n"])*$/ : /^([^\\]|\\[\\n])*$/, 'escapes of a help text');
    this.#take(written);
    this.#family = { written, help, type: null, unit: null, samples: [], seen: new Set() };
  }

  #type(type) {
    assert.equal(this.#family.type, null, 'one type');
    assert.ok(kTypes[this.open].includes(type), `a known type, not ${type}`);
    const { written } = this.#family;
    this.#family.type = type;
    assert.equal(written.endsWith('_total'), type === 'counter' && !this.open, 'only counters end with _total');
    const suffix = this.open ? { counter: '_total', info: '_info' }[type] ?? '' : '';
    this.#family.name = written + suffix;
    for (const one of kSuffixes[type] ?? [suffix].filter(Boolean)) this.#take(written + one);
    this.#families.set(this.#family.name, this.#family);
  }

  // No name may mean two things.
  #take(name) {
    assert.ok(!this.#taken.has(name), `${name} is told once`);
    this.#taken.add(name);
  }

  #sample(line) {
    const [, name, , labelText, number] = /^([^\s{]+)(\{(.*)\})? (\S+)$/.exec(line) ?? assert.fail('no sample');
    const family = this.#family;
    assert.ok(family?.type, 'samples stand behind their type');
    const names = kSuffixes[family.type]?.map((suffix) => family.name + suffix) ?? [family.name];
    assert.ok(names.includes(name), `a sample of ${family.name}`);
    assert.match(number, kNumber);
    const labels = labelText === undefined ? {} : readLabels(labelText);
    const key = name + JSON.stringify(Object.entries(labels).sort());
    assert.ok(!family.seen.has(key), 'no sample comes twice');
    family.seen.add(key);
    if (family.type === 'counter') assert.ok(Number(number) >= 0, 'a counter is not negative');
    if (family.type === 'info') assert.equal(number, '1');
    family.samples.push({ name, labels, value: Number(number), text: number });
  }

  #check(family) {
    if (family.type !== 'histogram') return;
    const groups = [];  // samples of one histogram, which stand together
    for (const sample of family.samples) {
      const { le: _, ...labels } = sample.labels;
      const key = JSON.stringify(Object.entries(labels).sort());
      if (groups.at(-1)?.key !== key) groups.push({ key, samples: [] });
      groups.at(-1).samples.push(sample);
    }
    const keys = new Set(groups.map((group) => group.key));
    assert.equal(keys.size, groups.length, `${family.name}: samples stand together`);
    for (const group of groups) checkHistogram(family, group.samples);
  }
}

function checkHistogram(family, samples) {
  const buckets = samples.filter((sample) => sample.name.endsWith('_bucket'));
  const rest = samples.slice(buckets.length);
  assert.deepEqual(rest.map((sample) => sample.name), [`${family.name}_sum`, `${family.name}_count`]);
  assert.ok(rest.every((sample) => !('le' in sample.labels)), 'le is a bucket\'s alone');
  let before = { bound: -Infinity, value: 0 };
  for (const bucket of buckets) {
    const le = bucket.labels.le ?? assert.fail(`${family.name}: a bucket has a bound`);
    if (le !== '+Inf') assert.match(le, /^\d+\.\d+$/, 'bounds are canonical numbers');
    const bound = le === '+Inf' ? Infinity : Number(le);
    assert.ok(bound > before.bound, `${family.name}: bounds rise`);
    assert.ok(bucket.value >= before.value && Number.isInteger(bucket.value), `${family.name}: buckets rise`);
    before = { bound, value: bucket.value };
  }
  assert.equal(before.bound, Infinity, `${family.name}: the last bucket takes all`);
  assert.equal(rest[1].value, before.value, `${family.name}: the count is that of the last bucket`);
}

function readLabels(text) {
  const labels = {};
  const label = /([^=,{}"]+)="((?:[^"\\\n]|\\[\\"n])*)"(,|$)/y;
  while (label.lastIndex < text.length) {
    const found = label.exec(text) ?? assert.fail('labels that can be read');
    const [, name, value, end] = found;
    assert.match(name, kLabelName);
    assert.ok(!name.startsWith('__') && !(name in labels), `a label ${name} of its own`);
    assert.ok(end !== ',' || label.lastIndex < text.length, 'no comma at the end');
    labels[name] = value.replace(/\\(.)/g, (_, escaped) => (escaped === 'n' ? '\n' : escaped));
  }
  return labels;
}
