// README.md is true: its examples are run, its tables are compared with the schema, the sources and the binary.
//
// What stands in the README is tested by its language:
//   sh           curl commands go to a gateway with the shipped config/provider.json, in the order of the page;
//                ai-gateway commands and those on its files are run; of others the files must exist (kOnlyFiles)
//   json, jsonc  a whole configuration, given to `ai-gateway check`; or, with a comment right above the block:
//                <!-- test: a provider -->                  one entry of `providers`
//                <!-- test: excerpt of the last answer -->  these members, and these types, are in it
//   http         <!-- test: headers of the last answer -->
//   ini          a systemd unit, whose flags must exist
//   nginx        a server, checked by nginx where there is one
//   js, python   programs of clients: tests/clients/readme.test.mjs runs the js
//   text, toml   charts and other programs' files: not run
import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { Gateway, removeFolder, runBinary, temporaryFolder } from './lib/gateway.mjs';
import { anchorOf, blocksOf, codeIn, tablesOf } from './lib/markdown.mjs';
import { commandsOf, readCurl } from './lib/shell.mjs';
import { eventually } from './lib/wait.mjs';

const kTop = fileURLToPath(new URL('../../', import.meta.url));
const kReadme = read('README.md');
const kBlocks = blocksOf(kReadme);
const kTables = tablesOf(kReadme);
const kSchema = JSON.parse(read('config/provider.schema.json'));

// Commands that install, need root, or run for long: the files they name must be in the repository.
const kOnlyFiles = ['./scripts/run.sh', './scripts/test.sh', 'bench/run.sh', 'docker compose', 'sudo'];
// Programs that talk to the gateway: what they need is in the variables above them.
const kClients = ['claude'];
// Commands on the gateway's own files, which are run.
const kOnOwnFiles = ['sed', 'grep', 'tail', 'cp'];

const kLanguages = ['sh', 'json', 'jsonc', 'http', 'ini', 'nginx', 'text', 'js', 'python', 'toml'];

function read(file) {
  return fs.readFileSync(path.join(kTop, file), 'utf8');
}

function table(heading, firstColumn) {
  const found = kTables.filter((one) => one.heading === heading && one.columns[0] === firstColumn);
  assert.equal(found.length, 1, `one table "${firstColumn}" under "${heading}"`);
  return found[0];
}

// The first code of each cell of a table's first column.
function column(heading, name) {
  return table(heading, name).rows.map((row) => codeIn(row[name])[0]);
}

const sorted = (list) => [...list].sort();

// ---- configurations -------------------------------------------------------------------------------

// The whole file that a block stands for.
function wholeConfig({ note, text }) {
  if (note === '') return text;
  assert.equal(note, 'a provider');
  return `{ "model": { "providers": [\n${text}\n] } }`;
}

describe('README: configurations', () => {
  const isConfig = ({ language, note }) => ['json', 'jsonc'].includes(language) && !note.includes('answer');
  const configs = kBlocks.filter(isConfig);
  let folder;
  before(() => { folder = temporaryFolder(); });
  after(() => removeFolder(folder));

  it('are there', () => assert.ok(configs.length >= 4));

  for (const block of configs) {
    it(`line ${block.line} is a valid one`, async () => {
      const text = wholeConfig(block);
      const file = path.join(folder, `${block.line}.json`);
      fs.writeFileSync(file, text);
      const variables = [...text.matchAll(/\$\{(\w+)\}/g)].map((match) => [match[1], `value-of-${match[1]}`]);
      const { code, output } = await runBinary(['check', file], { env: Object.fromEntries(variables) });
      assert.equal(code, 0, output);
      const warnings = output.split('\n').filter((line) => line.startsWith('warning: '));
      assert.deepEqual(warnings.filter((line) => !line.includes('api_key_file')), []);
      if (block.language === 'json') JSON.parse(block.text);
    });
  }

  for (const expression of column('When a quota begins anew', '`period_cron`')) {
    it(`the cron expression ${expression} is a valid one`, async () => {
      const file = path.join(folder, 'cron.json');
      fs.writeFileSync(file, JSON.stringify({ model: { providers: [{ name: 'm', type: 'mock',
        rate_limit: { requests_per_period: 1, period_cron: expression } }] } }));
      const { code, output } = await runBinary(['check', file]);
      assert.equal(code, 0, output);
    });
  }
});

// ---- commands -------------------------------------------------------------------------------------

// Paths of the repository among the words of a command must be there.
function assertFilesExist(words) {
  for (const word of words) {
    const isOurs = /^(\.\/)?[\w.-]+(\/[\w.-]+)+$/.test(word) && !word.startsWith('build/');
    if (isOurs) assert.ok(fs.existsSync(path.join(kTop, word)), `${word} exists`);
  }
}

async function assertStarts(words) {
  assertFilesExist(words);
  if (words[0] === 'docker') return assertComposes(words);
  if (!words[0].endsWith('.sh')) return;
  const { stdout } = await promisify(execFile)('bash', [path.join(kTop, words[0]), '--help']);
  const { stdout: own } = await runBinary(['--help']);
  for (const word of words.slice(1).filter((one) => /^(--)?[a-z]/.test(one))) {
    assert.ok((stdout + own).includes(word), `${word} is known to ${words[0]}`);
  }
}

function assertComposes(words) {
  const compose = read('docker-compose.yml');
  if (words.includes('gateway')) assert.match(compose, /^ {2}gateway:$/m);
  for (const [at, word] of words.entries()) {
    if (word === '-f') assert.ok(fs.existsSync(path.join(kTop, words[at + 1])), `${words[at + 1]} exists`);
  }
}

describe('README: commands', () => {
  let gateway;
  let last;  // the answer to the last curl command
  const environment = {};
  before(async () => {
    const folder = temporaryFolder();
    fs.cpSync(path.join(kTop, 'config'), path.join(folder, 'config'), { recursive: true });
    gateway = await Gateway.start(read('config/provider.json'),
      { folder, usual: false, args: ['--port', '0'], env: { LOG_LEVEL: 'INFO' } });
  });
  after(async () => assert.equal(await gateway.stop(), 0, gateway.logs()));

  async function run({ words, text }) {
    const starts = (prefixes) => prefixes.some((prefix) => text === prefix || text.startsWith(`${prefix} `));
    if (words[0] === 'curl') return runCurl(words);
    if (words[0] === 'build/release/ai-gateway') return runGatewayCommand(words.slice(1));
    if (starts(kOnOwnFiles)) return runOnFiles(words);
    if (starts(kOnlyFiles)) return assertStarts(words);
    if (starts(kClients)) return undefined;
    assert.fail(`no rule says how to test this command: ${text}`);
  }

  async function runCurl(words) {
    const { url, method, headers, body } = readCurl(words);
    assert.equal(url.host, 'localhost:6010');
    last = await gateway.request(method, url.pathname + url.search, { body, headers });
    assert.ok(last.status === 200 || last.status === 201, last.text);
    if (body !== undefined && JSON.parse(body).stream) assert.match(last.text, /\ndata: \[DONE\]\n\n$/);
    else if (last.headers['content-type'].startsWith('application/json')) JSON.parse(last.text);
  }

  async function runGatewayCommand(args) {
    const own = args.map((arg) => arg.replace('localhost:6010', `127.0.0.1:${gateway.port}`));
    const { code, output } = await runBinary(own, { cwd: gateway.folder });
    assert.equal(code, 0, output);
  }

  async function runOnFiles(words) {
    const status = () => {
      const { status: code, stderr } = spawnSync(words[0], words.slice(1), { cwd: gateway.folder, encoding: 'utf8' });
      assert.equal(stderr, '');
      return code;
    };
    if (words[0] !== 'grep') return assert.equal(status(), 0);
    // Of errors there are none here. Other lines may be on their way to the file still.
    if (words[1] === ' ERROR ') return assert.equal(status(), 1);
    return eventually(() => status() === 0, words.join(' '));
  }

  for (const block of kBlocks) {
    const where = `line ${block.line}`;
    if (block.language === 'sh') {
      it(`${where}: ${block.text.split('\n')[0]}`, async () => {
        // What a person copies from an answer into a variable.
        const valueOf = (value) => (value === 'the-secret-from-the-answer' ? last.json.secret : value);
        for (const command of commandsOf(block.text, environment, valueOf)) await run(command);
      });
    } else if (block.note === 'headers of the last answer') {
      it(`${where}: the headers are as shown`, () => {
        for (const line of block.text.split('\n')) {
          const [name, value] = line.split(': ');
          assert.equal(last.headers[name.toLowerCase()], value, name);
        }
      });
    } else if (block.note === 'excerpt of the last answer') {
      it(`${where}: the answer has these members`, () => assertHas(last.json, JSON.parse(block.text), ''));
    }
  }

  it('the sed commands of the failover left the file as it was', () => {
    assert.equal(fs.readFileSync(path.join(gateway.folder, 'config/provider.json'), 'utf8'),
      read('config/provider.json'));
  });
});

// `shown` is an excerpt of `real`: the same members with values of the same types. Innermost objects are shown whole.
function assertHas(real, shown, where) {
  assert.equal(typeof real, typeof shown, where);
  if (shown === null || typeof shown !== 'object') return assert.equal(real === null, shown === null, where);
  const flat = Object.values(shown).every((value) => value === null || typeof value !== 'object');
  if (flat) assert.deepEqual(Object.keys(shown), Object.keys(real), where);
  for (const [name, value] of Object.entries(shown)) assertHas(real[name], value, `${where}.${name}`);
}

// ---- tables of fields -----------------------------------------------------------------------------

function resolved(rule) {
  if (rule.$ref === undefined) return rule;
  const { $ref, ...beside } = rule;
  return { ...kSchema.definitions[$ref.split('/').at(-1)], ...beside };
}

function typeText(rule) {
  const choices = rule.type ? undefined : rule.oneOf;
  if (choices) return choices.map((one) => typeText(resolved(one))).join(', ').replace(/, ([^,]*)$/, ' or $1');
  const [type, orNull] = [rule.type].flat();
  let text = type;
  if (type === 'array') text = `array of ${resolved(rule.items).type}s`;
  if (type === 'object' && rule.additionalProperties?.type) text = `object of ${rule.additionalProperties.type}s`;
  if (rule.minimum !== undefined) {
    text += rule.maximum === undefined ? `, from ${rule.minimum}` : `, ${rule.minimum} to ${rule.maximum}`;
  }
  if (rule.exclusiveMinimum !== undefined) text += `, more than ${rule.exclusiveMinimum}, up to ${rule.maximum}`;
  return orNull ? `${text} or ${orNull}` : text;
}

function defaultText(name, rule, object) {
  if (object.required?.includes(name)) return 'required';
  if (rule.default !== undefined) return `\`${JSON.stringify(rule.default)}\``;
  // What the schema can not say: these depend on another field, or on the type.
  return { endpoint: 'required', model: 'required', api_key: 'required', retry: '`default_retry`',
    timeout: '`default_timeout`' }[name] ?? 'none';
}

function assertTableMatches(headings, definition) {
  const object = kSchema.definitions[definition];
  const rows = headings.flatMap((heading) => table(heading, 'Field').rows);
  assert.deepEqual(sorted(rows.map((row) => codeIn(row.Field)[0])), sorted(Object.keys(object.properties)));
  for (const row of rows) {
    const name = codeIn(row.Field)[0];
    const rule = resolved(object.properties[name]);
    assert.equal(row.Type, typeText(rule), `type of ${name}`);
    assert.equal(row.Default, defaultText(name, rule, object), `default of ${name}`);
    assert.notEqual(row.Meaning, '', name);
    for (const choice of rule.enum ?? []) assert.ok(row.Meaning.includes(`\`${choice}\``), `${name}: ${choice}`);
  }
}

describe('README: tables', () => {
  const kShared = 'A provider, or an entry of _providers';
  const fields = {
    global: ['_global'], route: ['A model'], provider: ['A provider', kShared], account: [kShared],
    window: ['rate_limit'], mock: ['mock'], capabilities: ['capabilities'], params: ['params'],
    limits: ['limits'], price: ['price'], key: ['_keys'], owner: ['_owners'], jwt: ['jwt'],
    webhook: ['webhooks'],
  };
  for (const [definition, headings] of Object.entries(fields)) {
    it(`fields of ${definition} are those of the schema`, () => assertTableMatches(headings, definition));
  }

  it('strategies are those of the schema', () => {
    assert.deepEqual(sorted(column('Who is asked, and what happens when it fails', 'Strategy')),
      sorted(kSchema.definitions.route.properties.strategy.enum));
  });

  it('flags and variables are those of --help', async () => {
    const { stdout } = await runBinary(['--help']);
    const rows = table('Command line and environment', 'Flag').rows;
    const listed = (name) => rows.flatMap((row) => codeIn(row[name]));
    assert.deepEqual(sorted(listed('Flag')), sorted(new Set(stdout.match(/--[a-z]+/g))));
    assert.deepEqual(sorted(listed('Variable')),
      sorted(new Set(stdout.match(/\b(GATEWAY_[A-Z_]+|LOG_LEVEL|TZ)\b/g))));
    for (const row of rows) {
      const [flag] = codeIn(row.Flag);
      const shown = flag && new RegExp(`${flag} TEXT=(\\S+)`).exec(stdout);
      if (shown) assert.equal(codeIn(row.Default)[0], shown[1], flag);
    }
  });

  it('variables of traces are those that are read', () => {
    const source = read('src/observe/span_settings.cpp');
    const own = [...source.matchAll(/"(OTEL_[A-Z_]*[A-Z])"/g)].map((match) => match[1]);
    const common = [...source.matchAll(/exporter\("([A-Z]+)"\)/g)].map((match) => `OTEL_EXPORTER_OTLP_${match[1]}`);
    assert.deepEqual(sorted(column('Traces', 'Variable')),
      sorted(new Set([...own, ...common, 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'])));
  });

  it('log phrases stand in the source with their levels', () => {
    const files = fs.readdirSync(path.join(kTop, 'src'), { recursive: true }).filter((file) => file.endsWith('.cpp'));
    const source = files.map((file) => read(`src/${file}`));
    const text = source.join('\n').replace(/\s+/g, ' ');
    for (const row of table('Logs', 'Phrase').rows) {
      const [phrase] = codeIn(row.Phrase);
      const level = row.Level.split(', ').pop();
      const used = [...text.matchAll(/log\(([^"]*)"([^"]+)"/g)].filter((match) => match[2] === phrase);
      assert.ok(used.length > 0, phrase);
      assert.ok(used.every((match) => match[1].toUpperCase().includes(`LEVEL::${level}`)), `${phrase}: ${level}`);
    }
  });

  it('the files of the tour exist', () => {
    for (const file of column('The source', 'File')) assert.ok(fs.existsSync(path.join(kTop, file)), file);
  });
});

describe('README: the running gateway', () => {
  let gateway;
  // With a key and an owner for the paths that name one; what stands in the file can't be changed, but is there.
  const keys = '"_keys": { "boss": { "key": "the-key-of-the-boss", "owner": "anna", "role": "admin" } },';
  const authorization = 'Bearer the-key-of-the-boss';
  before(async () => {
    gateway = await Gateway.start(read('config/provider.json').replace('"_global": {', `${keys} "_global": {`));
    await gateway.chat('demo', {}, { 'x-request-id': 'readme-0', authorization });
  });
  after(async () => assert.equal(await gateway.stop(), 0));

  const filled = (target) => target.replace('<model>', 'demo').replace('<provider>', 'demo-primary')
    .replace('keys/<name>', 'keys/boss').replace('owners/<name>', 'owners/anna')
    .replace('<file>', 'index.html').replace('<id>', 'readme-0');
  // The method by which an answer ends that would not end otherwise.
  const ending = (method, target) => (target === '/admin/events' ? 'HEAD' : method);
  const endpoints = table('Endpoints', 'Method').rows.map((row) => ({ method: row.Method, path: codeIn(row.Path)[0] }));

  for (const { method, path: target } of endpoints) {
    it(`${method} ${target} is there`, async () => {
      const reply = await gateway.request(ending(method, target), filled(target), { headers: { authorization } });
      assert.notEqual(reply.status, 404, reply.text);
      assert.notEqual(reply.status, 405, reply.text);
    });
  }

  it('has no endpoint that is not in the table', () => {
    const own = [...read('src/api/router.cpp').matchAll(/\{"(GET|POST|PUT|PATCH|DELETE)", "([^"]+)"/g)]
      .map(([, method, route]) => `${method} ${route}`);
    const inference = [...read('src/protocol/endpoint.cpp').matchAll(/\{"(\/[^"]+)", Dialect/g)]
      .map(([, route]) => `POST /v1${route}`);
    assert.ok(own.length > 0 && inference.length > 0);
    // To the router, names are whatever stands there, slashes included.
    const listed = endpoints.map((one) => `${one.method} ${one.path.replace(/<.*>/, '*')}`);
    assert.deepEqual(sorted(listed), sorted([...own, ...inference]));
  });

  it('asks for the keys of the table', async () => {
    const keys = { api_key: 'user-key-0123456789', admin_key: 'admin-key-0123456789' };
    const guarded = await Gateway.start({ _global: keys, demo: { providers: [{ name: 'm', type: 'mock' }] } });
    for (const { Method: method, Path: target, Key: key } of table('Endpoints', 'Method').rows) {
      const [name] = codeIn(key);
      const [path] = codeIn(target);
      const ask = (authorization) => guarded.request(ending(method, path), filled(path),
        { headers: authorization ? { authorization: `Bearer ${authorization}` } : {} });
      assert.equal((await ask()).status === 401, name !== undefined, `${target} without a key`);
      if (name !== undefined) assert.notEqual((await ask(keys[name])).status, 401, `${target} with the ${name}`);
      if (name === 'admin_key') assert.equal((await ask(keys.api_key)).status, 403, `${target} with the api_key`);
    }
    assert.equal(await guarded.stop(), 0);
  });

  it('writes the log fields of the table', async () => {
    const reply = await gateway.chat('demo', {}, { 'x-request-id': 'readme-1', authorization });
    assert.equal(reply.status, 200, reply.text);
    const [line] = await gateway.waitForLog(/INFO Exchange id=readme-1 .*/);
    const named = [...line.matchAll(/ (\w+)=/g)].map((match) => match[1]);
    assert.deepEqual(column('Logs', 'Field'), named);
  });

  it('sends the headers of the table', async () => {
    const reply = await gateway.chat('demo', {}, { authorization });
    const sent = column('Endpoints', 'Header').filter((name) => reply.headers[name.toLowerCase()] !== undefined);
    assert.deepEqual(sent, ['X-Request-Id', 'X-Gateway-Provider', 'X-Gateway-Attempts', 'X-Gateway-Cost']);
  });
});

// ---- the rest -------------------------------------------------------------------------------------

describe('README: the rest', () => {
  it('every block has a language that says how it is tested', () => {
    for (const { line, language } of kBlocks) assert.ok(kLanguages.includes(language), `line ${line}: "${language}"`);
  });

  it('links lead somewhere', () => {
    const anchors = kReadme.split('\n').filter((line) => /^#+ /.test(line))
      .map((line) => `#${anchorOf(line.replace(/^#+ /, ''))}`);
    for (const [, target] of kReadme.matchAll(/\]\(([^)]+)\)/g)) {
      if (target.startsWith('https://')) continue;
      if (target.startsWith('#')) assert.ok(anchors.includes(target), target);
      else assert.ok(fs.existsSync(path.join(kTop, target)), target);
    }
  });

  it('the systemd unit starts the gateway with flags that it knows', async () => {
    const [unit] = kBlocks.filter(({ language }) => language === 'ini');
    const command = /^ExecStart=(.*)$/m.exec(unit.text)[1].split(' ');
    assert.equal(path.basename(command[0]), 'ai-gateway');
    const { stdout } = await runBinary(['--help']);
    for (const flag of command.filter((word) => word.startsWith('--'))) assert.ok(stdout.includes(flag), flag);
  });

  const nginx = [...(process.env.PATH ?? '').split(':'), '/usr/sbin'].map((folder) => path.join(folder, 'nginx'))
    .find((file) => fs.existsSync(file));
  if (nginx) {
    it('nginx accepts its part', () => {
      const folder = temporaryFolder();
      const [block] = kBlocks.filter(({ language }) => language === 'nginx');
      const file = path.join(folder, 'nginx.conf');
      const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
        .map((kind) => `${kind}_temp_path ${folder}/${kind};\n`).join('');
      fs.writeFileSync(file, `pid ${folder}/pid;\nerror_log stderr;\nevents {}\nhttp {\naccess_log off;\n` +
        `${temporary}${block.text.replace('listen 80', `listen unix:${folder}/socket`)}\n}\n`);
      const { status, stderr } = spawnSync(nginx, ['-t', '-p', folder, '-c', file], { encoding: 'utf8' });
      removeFolder(folder);
      assert.equal(status, 0, stderr);
    });
  }
});
