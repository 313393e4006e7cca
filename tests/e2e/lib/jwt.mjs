// Tokens of an identity provider, and those that a bad one would make.
import { createHmac, generateKeyPairSync, sign } from 'node:crypto';

export const kIssuer = 'https://id.example.com/realms/home';
export const kAudience = 'ai-gateway';
export const kRules = { issuer: kIssuer, audience: kAudience };

// Pairs of keys; making them takes a while, so each file of tests makes its own once.
export const rsaPair = () => generateKeyPairSync('rsa', { modulusLength: 2048 });
export const ecPair = () => generateKeyPairSync('ec', { namedCurve: 'P-256' });
export const pemOf = (publicKey) => publicKey.export({ type: 'spki', format: 'pem' });

// A public key as an identity provider publishes it.
export function jwkOf(publicKey, kid, members = {}) {
  return { ...publicKey.export({ format: 'jwk' }), kid, use: 'sig', ...members };
}

const textOf = (value) => (typeof value === 'string' ? value : JSON.stringify(value));
const base64url = (value) => Buffer.from(textOf(value)).toString('base64url');
export const inSeconds = (seconds) => Math.floor(Date.now() / 1000) + seconds;

// What a good token says; `undefined` takes a claim out.
export function claimsOf(claims = {}) {
  return { iss: kIssuer, aud: kAudience, sub: 'ada', exp: inSeconds(600), ...claims };
}

const kSigners = {
  HS256: (text, secret) => createHmac('sha256', secret).update(text).digest(),
  HS512: (text, secret) => createHmac('sha512', secret).update(text).digest(),
  RS256: (text, key) => sign('sha256', text, key),
  ES256: (text, key) => sign('sha256', text, { key, dsaEncoding: 'ieee-p1363' }),
  none: () => Buffer.alloc(0),
};

// `claims` over those of a good token, or their text. `as`: what the header says, if that is not how it is signed.
export function tokenOf(alg, key, claims = {}, { kid, as = alg, header = {} } = {}) {
  const head = base64url({ alg: as, typ: 'JWT', kid, ...header });
  const text = `${head}.${base64url(typeof claims === 'string' ? claims : claimsOf(claims))}`;
  return `${text}.${kSigners[alg](Buffer.from(text), key).toString('base64url')}`;
}
