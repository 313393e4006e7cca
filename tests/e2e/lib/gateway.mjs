// The real binary with a folder of its own: configuration, counters and logs, all gone when it stops.
//
//   const gateway = await Gateway.start({ 'my-model': { providers: [...] } });
//   const reply = await gateway.chat('my-model');
//   assert.equal(await gateway.stop(), 0);
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { openStream, send, startRequest } from './client.mjs';
import { patiently, signal } from './wait.mjs';

const kRepository = fileURLToPath(new URL('../../../', import.meta.url));
export const kBinary = path.resolve(kRepository, process.env.GATEWAY_BINARY ?? 'build/release/ai-gateway');

// Sanitizers write these; a report fails the test that stops the gateway.
const kSanitizerReport = /ERROR: \w+Sanitizer|WARNING: ThreadSanitizer|runtime error: /;

// What is to be swept up should the test process end early.
const running = new Set();
const folders = new Set();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
  for (const folder of folders) fs.rmSync(folder, { recursive: true, force: true });
});

export function temporaryFolder() {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'aigw-e2e-'));
  folders.add(folder);
  return folder;
}

export function removeFolder(folder) {
  fs.rmSync(folder, { recursive: true, force: true });
  folders.delete(folder);
}

// The environment of a gateway: ours, without what would configure it.
function environment(extra) {
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith('GATEWAY_'));
  return { ...Object.fromEntries(kept), LOG_LEVEL: 'DEBUG', ...extra };
}

// Runs the binary to its end, for the commands that end on their own.
export async function runBinary(args, { env = {}, cwd } = {}) {
  const child = spawn(kBinary, args, { env: environment(env), cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  running.add(child);
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (bytes) => { stdout += bytes; });
  child.stderr.on('data', (bytes) => { stderr += bytes; });
  const ended = signal();
  child.once('error', ended.reject);
  child.once('close', (code) => ended.resolve(code));
  const code = await patiently(ended.promise, `the end of ai-gateway ${args.join(' ')}`);
  running.delete(child);
  return { code, stdout, stderr, output: stdout + stderr };
}

export class Gateway {
  #child;
  #exit = signal();
  #output = '';
  #watchers = [];

  // `config` is an object, or the text of the file. `args` and `env` are added to the usual ones; `folder` takes
  // over what an earlier gateway left (see `stop`). `usual: false` leaves out the flags that say where everything
  // is, for tests of the command line; `args` and `env` may be functions of the gateway then.
  static async start(config, { args = [], env = {}, folder = temporaryFolder(), usual = true } = {}) {
    const gateway = new Gateway(folder);
    gateway.writeConfig(config);
    const flags = usual ? ['--config', gateway.configFile, '--data', gateway.dataFolder, '--logs', gateway.logFolder,
      '--port', '0'] : [];
    const said = (value) => (typeof value === 'function' ? value(gateway) : value);
    gateway.#spawn([...flags, ...said(args)], said(env));
    try {
      const listening = await gateway.waitForLog(/Listening\b.*\bport"?[=:] *"?(\d+)/);
      gateway.port = Number(listening[1]);
    } catch (error) {
      await gateway.kill();
      throw error;
    }
    return gateway;
  }

  constructor(folder) {
    this.folder = folder;
    this.configFile = path.join(folder, 'provider.json');
    this.dataFolder = path.join(folder, 'data');
    this.logFolder = path.join(folder, 'logs');
  }

  get pid() {
    return this.#child.pid;
  }

  writeConfig(config) {
    fs.writeFileSync(this.configFile, typeof config === 'string' ? config : JSON.stringify(config, null, 2));
  }

  // What a full disk or a bad hand may leave behind: every file under data/usage with half a JSON value in it.
  // Gives the number of files.
  breakCounterFiles() {
    const folder = path.join(this.dataFolder, 'usage');
    const files = fs.readdirSync(folder, { recursive: true }).filter((name) => name.endsWith('.json'));
    for (const name of files) fs.writeFileSync(path.join(folder, name), '{"requests": 1');
    return files.length;
  }

  // ---- requests -------------------------------------------------------------------------------------

  request(method, target, { body, headers, agent } = {}) {
    return send(this.port, { method, path: target, body, headers, agent });
  }
  get(target, headers) {
    return this.request('GET', target, { headers });
  }
  post(target, body, headers) {
    return this.request('POST', target, { body, headers });
  }
  chat(model, members = {}, headers = {}) {
    return this.post('/v1/chat/completions', chatBody(model, members), headers);
  }
  // A chat whose answer comes as events.
  stream(model, members = {}, headers = {}) {
    return openStream(this.port, { method: 'POST', path: '/v1/chat/completions',
      body: chatBody(model, { stream: true, ...members }), headers });
  }
  // A chat that is going to be given up: it has an `abort()`.
  startChat(model, members = {}, headers = {}) {
    return startRequest(this.port, { method: 'POST', path: '/v1/chat/completions', body: chatBody(model, members),
      headers });
  }

  // ---- operation ------------------------------------------------------------------------------------

  async stats(headers) {
    const reply = await this.get('/admin/stats', headers);
    assert.equal(reply.status, 200, reply.text);
    return reply.json;
  }
  async providers(model, headers) {
    const reply = await this.get(`/admin/providers/${encodeURIComponent(model)}`, headers);
    assert.equal(reply.status, 200, reply.text);
    return reply.json.providers;
  }
  // Reads the file again, after writing `config` to it if there is one.
  reload(config, headers) {
    if (config !== undefined) this.writeConfig(config);
    return this.request('POST', '/admin/reload', { headers });
  }

  // ---- logs -----------------------------------------------------------------------------------------

  // Everything that came on stderr.
  logs() {
    return this.#output;
  }
  logLines(phrase) {
    return this.#output.split('\n').filter((line) => line.includes(phrase));
  }
  // The match of `pattern`, as soon as stderr has it.
  async waitForLog(pattern) {
    const found = pattern.exec(this.#output);
    if (found) return found;
    const watcher = { pattern, seen: signal() };
    this.#watchers.push(watcher);
    return patiently(watcher.seen.promise, `the log line ${pattern}\n${this.#output.slice(-4000)}`);
  }

  // ---- the end --------------------------------------------------------------------------------------

  signal(name) {
    this.#child.kill(name);
  }

  // Resolves with the exit code once the process is gone; null when a signal ended it.
  async exited() {
    const code = await patiently(this.#exit.promise, 'the gateway to end').catch((error) => {
      this.#child.kill('SIGKILL');
      throw error;
    });
    assert.doesNotMatch(this.#output, kSanitizerReport);
    return code;
  }

  // SIGTERM, then the exit code. `keepFolder`: another gateway takes over.
  async stop({ keepFolder = false } = {}) {
    this.signal('SIGTERM');
    const code = await this.exited();
    if (!keepFolder) removeFolder(this.folder);
    return code;
  }

  async kill({ keepFolder = false } = {}) {
    this.signal('SIGKILL');
    await this.exited();
    if (!keepFolder) removeFolder(this.folder);
  }

  #spawn(args, env) {
    this.#child = spawn(kBinary, args,
      { env: environment(env), cwd: this.folder, stdio: ['ignore', 'ignore', 'pipe'] });
    running.add(this.#child);
    this.#child.unref();  // a test that failed before it stopped its gateway must not keep the runner waiting
    this.#child.stderr.unref();
    this.#child.stderr.setEncoding('utf8');
    this.#child.stderr.on('data', (text) => this.#take(text));
    this.#child.once('error', (error) => this.#finish(null, error));
    this.#child.once('close', (code) => this.#finish(code));
  }

  #take(text) {
    this.#output += text;
    this.#watchers = this.#watchers.filter(({ pattern, seen }) => {
      const found = pattern.exec(this.#output);
      if (found) seen.resolve(found);
      return !found;
    });
  }

  #finish(code, error) {
    running.delete(this.#child);
    for (const { pattern, seen } of this.#watchers.splice(0)) {
      seen.reject(error ?? new Error(`the gateway ended (${code}) before it logged ${pattern}:\n${this.#output}`));
    }
    this.#exit.resolve(code);
  }
}

export function chatBody(model, members = {}) {
  return { model, messages: [{ role: 'user', content: 'Hello!' }], ...members };
}
