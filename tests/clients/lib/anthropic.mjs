// The official Anthropic client, set up for a case's gateway.
import Anthropic from '@anthropic-ai/sdk';

import { kClientKey } from './openai.mjs';

export function anthropicOf(gateway, options = {}) {
  return new Anthropic({ baseURL: `http://127.0.0.1:${gateway.port}`, apiKey: kClientKey, maxRetries: 0, ...options });
}

// A `scenario` whose cases also get a `claude`, the client.
export function withAnthropic(scenario) {
  return (name, spec, run) =>
    scenario(name, spec, (context) => run({ ...context, claude: anthropicOf(context.gateway) }));
}
