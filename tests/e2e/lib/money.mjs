// What the tests of keys and money share: secrets, and amounts that can be added up without rounding.
import assert from 'node:assert/strict';

import { bearer } from './keys.mjs';
import { eventually } from './wait.mjs';

export const kAdminKey = 'sk-gw-e2e-admin-0123456789';

// The secret of the key with this name.
export const secretOf = (name) => `sk-gw-e2e-${name}-0123456789`;

// The header fields of its requests.
export const by = (name) => bearer(secretOf(name));
export const kAdmin = bearer(kAdminKey);

// `_keys` with these settings by name.
export function keysOf(settings) {
  return Object.fromEntries(Object.entries(settings).map(([name, one]) => [name, { key: secretOf(name), ...one }]));
}

// Whole nano-dollars of an amount in dollars: text as in a header, or a number as in JSON.
export function nanosOf(dollars) {
  if (typeof dollars === 'number') return Math.round(dollars * 1e9);
  const parts = /^(-?)(\d+)(?:\.(\d{1,9}))?$/.exec(dollars);
  assert.ok(parts, `no amount: ${dollars}`);
  const [, sign, whole, fraction = ''] = parts;
  return Number(`${sign}${whole}${fraction.padEnd(9, '0')}`);
}

// What an answer says that it costs.
export function costOf(reply) {
  assert.equal(reply.status, 200, reply.text);
  assert.ok(reply.headers['x-gateway-cost'] !== undefined, 'X-Gateway-Cost');
  return nanosOf(reply.headers['x-gateway-cost']);
}

// The key as /admin/keys shows it.
export async function keyState(gateway, name) {
  const reply = await gateway.get(`/admin/keys/${name}`, kAdmin);
  assert.equal(reply.status, 200, reply.text);
  return reply.json;
}

const isFree = (use) => ['requests', 'tokens', 'cost'].every((what) => use[`reserved_${what}`] === 0);

// Resolves when nothing is in flight any more and nobody holds anything: providers, accounts, keys and owners.
export function nothingHeld(gateway) {
  return eventually(async () => {
    const stats = await gateway.stats(kAdmin);
    const providers = Object.values(stats).flatMap((model) => Object.values(model));
    const { keys } = (await gateway.get('/admin/keys', kAdmin)).json;
    const { owners } = (await gateway.get('/admin/owners', kAdmin)).json;
    const uses = [...providers, ...providers.flatMap(({ account }) => account ?? []),
      ...[...keys, ...owners].map(({ usage }) => usage)];
    return uses.every(isFree);
  }, 'everything held to be settled or given back');
}
