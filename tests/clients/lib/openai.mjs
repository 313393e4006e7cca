// The official OpenAI client, set up for a case's gateway.
import buffer from 'node:buffer';

import OpenAI from 'openai';

globalThis.File ??= buffer.File;  // Node 18 has it, but not as a global; uploads need it

export const kClientKey = 'client-key-0123456789';
export const kGlobal = { global: { api_key: kClientKey } };
export const kMessages = [{ role: 'user', content: 'Hello!' }];
export const kToolCall = {
  id: 'call_1', type: 'function', function: { name: 'weather', arguments: '{"city":"Köln"}' },
};

export function clientOf(gateway, options = {}) {
  return new OpenAI({ baseURL: `http://127.0.0.1:${gateway.port}/v1`, apiKey: kClientKey, maxRetries: 0, ...options });
}

// A `scenario` whose cases also get a `client`.
export function withClient(scenario) {
  return (name, spec, run) => scenario(name, spec, (context) => run({ ...context, client: clientOf(context.gateway) }));
}

// A tool for the client's runners; it notes what it was called with.
export function weatherTool(calls) {
  return { type: 'function', function: {
    name: 'weather', description: 'The weather of a city', parse: JSON.parse,
    parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
    function: ({ city }) => { calls.push(city); return 'rain'; },
  } };
}
