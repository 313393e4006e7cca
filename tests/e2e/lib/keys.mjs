// The gateway's own keys: /admin for those who may use it, and every place where a secret must not stand.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';

import { send } from './client.mjs';

export const kAdminKey = 'admin-key-0123456789';

export const bearer = (secret) => ({ authorization: `Bearer ${secret}` });
export const sha256 = (secret) => createHash('sha256').update(secret).digest('hex');

// A route that always answers, for tests in which it does not matter who does.
export const kMock = { providers: [{ name: 'mock', type: 'mock', mock: { latency: 0, tokens_per_second: 100_000 } }] };

// Requests to /admin with a key, and all secrets that were answered.
export class Admin {
  constructor(gateway, key = kAdminKey) {
    Object.assign(this, { gateway, headers: key ? bearer(key) : {}, secrets: [] });
  }

  async request(method, target, body) {
    const reply = await send(this.gateway.port, { method, path: `/admin${target}`, headers: this.headers, body });
    if (reply.text.includes('"secret"')) this.secrets.push(reply.json.secret);
    return reply;
  }
  get(target) {
    return this.request('GET', target);
  }

  // A new key, as it was answered; with `secret`.
  async create(name, settings = {}) {
    const reply = await this.request('POST', '/keys', { name, ...settings });
    assert.equal(reply.status, 201, reply.text);
    return reply.json;
  }
  change(name, patch) {
    return this.request('PATCH', `/keys/${name}`, patch);
  }
  rotate(name, body) {
    return this.request('POST', `/keys/${name}/rotate`, body);
  }
  delete(name) {
    return this.request('DELETE', `/keys/${name}`);
  }

  async key(name) {
    const reply = await this.get(`/keys/${name}`);
    assert.equal(reply.status, 200, reply.text);
    return reply.json;
  }
  async keys() {
    return (await this.get('/keys')).json.keys;
  }
  async names() {
    return (await this.keys()).map(({ name }) => name);
  }
}

// What a key may be told of: the status of a look at one's own use.
export async function statusOf(gateway, secret) {
  return (await gateway.get('/v1/usage', secret ? bearer(secret) : {})).status;
}

// The lines of the audit log.
export function auditLines(gateway) {
  const text = fs.readFileSync(path.join(gateway.logFolder, 'audit.log'), 'utf8');
  return text.split('\n').filter((line) => line !== '').map((line) => JSON.parse(line));
}

// The content of every file under a folder. Again from the start when one goes away meanwhile: the gateway writes files
// under another name before it puts them in place.
function contentsOf(folder) {
  for (;;) {
    try {
      const files = fs.readdirSync(folder, { recursive: true }).map((name) => path.join(folder, name));
      return files.filter((file) => fs.statSync(file).isFile()).map((file) => [file, fs.readFileSync(file, 'latin1')]);
    } catch (error) {
      if (error.code !== 'ENOENT' || !fs.existsSync(folder)) throw error;
    }
  }
}

// No file under data/ and logs/, and nothing on stderr, holds one of the secrets.
export function assertNowhere(gateway, secrets) {
  assert.ok(secrets.length > 0 && secrets.every((secret) => secret.length > 8), 'secrets to look for');
  const places = [['stderr', gateway.logs()], ...contentsOf(gateway.dataFolder), ...contentsOf(gateway.logFolder)];
  assert.ok(places.some(([place]) => place.endsWith('gateway.log')), 'files to look in');
  for (const [place, text] of places) {
    for (const secret of secrets) assert.ok(!text.includes(secret), `${secret} in ${place}`);
  }
}
