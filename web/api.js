// Requests to the gateway, on its own origin, with the session's cookie.

export class ApiError extends Error {
  // `error` is the member of that name in the answer's body.
  constructor(status, error) {
    super(error?.message ?? `The gateway answered ${status}.`);
    this.status = status;
    this.problems = error?.problems ?? [];
  }
}

// Told of each 401.
let refused = () => {};
export function onRefused(listener) {
  refused = listener;
}

export const get = (path, query) => ask('GET', path + queryText(query));
export const post = (path, body) => ask('POST', path, json(body));
export const patch = (path, body) => ask('PATCH', path, json(body));
export const remove = (path) => ask('DELETE', path);
// Text as it was written, with further header fields.
export const send = (method, path, text, headers = {}) =>
  ask(method, path, { body: text, headers: { 'content-type': 'text/plain', ...headers } });

// A path of segments that may hold anything: path`/admin/keys/${name}`.
export const path = (texts, ...names) => String.raw({ raw: texts }, ...names.map(encodeURIComponent));

async function ask(method, target, options = {}) {
  const reply = await reach(target, { method, ...options });
  const body = await reply.json().catch(() => null);
  if (!reply.ok) throw failed(reply.status, body);
  return body;
}

// The answer of a chat as it comes: `told` gets each event's JSON. Ends with the stream, or throws.
export async function chat(body, id, signal, told) {
  const options = json(body);
  options.headers['x-request-id'] = id;
  const reply = await reach('/v1/chat/completions', { method: 'POST', signal, ...options });
  if (!reply.ok) throw failed(reply.status, await reply.json().catch(() => null));
  for await (const data of eventData(reply.body)) {
    if (data === '[DONE]') return;
    const event = JSON.parse(data);
    if (event.error) throw new ApiError(reply.status, event.error);
    told(event);
  }
}

async function* eventData(stream) {
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const lines = (rest + value).split('\n');
    rest = lines.pop();
    for (const line of lines) {
      if (line.startsWith('data:')) yield line.slice(5).trim();
    }
  }
}

async function reach(target, options) {
  try {
    return await fetch(target, { cache: 'no-store', credentials: 'same-origin', ...options });
  } catch (error) {
    if (error.name === 'AbortError') throw error;
    throw new ApiError(0, { message: 'The gateway can’t be reached.' });
  }
}

function failed(status, body) {
  if (status === 401) refused();
  return new ApiError(status, body?.error);
}

const json = (body) => ({ body: JSON.stringify(body ?? {}), headers: { 'content-type': 'application/json' } });

// Spaces as %20: the gateway takes a plus for a plus.
function queryText(query = {}) {
  const given = Object.entries(query).filter(([, value]) => value !== '' && value !== null && value !== undefined);
  return given.length > 0 ? `?${given.map((pair) => pair.map(encodeURIComponent).join('=')).join('&')}` : '';
}
