// What the tests of dialects share: requests as each client makes them, and what the gateway's keys look like.
import assert from 'node:assert/strict';

export const kClientKey = 'client-key-0123456789';

// Answers of kVendors say this.
export const kAnswer = { text: 'Hello there' };

const kHi = [{ role: 'user', content: 'Hi' }];

// `path` and `body` of a request, and `text`: what a whole answer says.
export const kClients = {
  chat: { path: '/v1/chat/completions', body: { messages: kHi }, text: (answer) => answer.choices[0].message.content },
  messages: { path: '/v1/messages', body: { max_tokens: 50, messages: kHi }, text: (answer) => answer.content[0].text },
  responses: { path: '/v1/responses', body: { input: 'Hi' }, text: (answer) => answer.output[0].content[0].text },
  completions: { path: '/v1/completions', body: { prompt: 'Hi' }, text: (answer) => answer.choices[0].text },
};

// An error in Anthropic's form with this status and type; gives its `error` object.
export function assertMessagesError(reply, status, type) {
  assert.equal(reply.status, status, reply.text);
  assert.match(reply.headers['content-type'], /^application\/json/);
  const { error } = reply.json;
  assert.equal(reply.json.type, 'error', reply.text);
  assert.equal(error?.type, type, reply.text);
  assert.ok(error.message.length > 0, reply.text);
  assert.equal(reply.json.request_id, reply.headers['request-id'], reply.text);
  assert.equal(reply.headers['request-id'], reply.headers['x-request-id']);
  return error;
}

// What X-Gateway-Edits says, done to the bytes that were sent.
export function edited(sent, header) {
  const parts = [];
  let at = 0;
  for (const { offset, length, text } of JSON.parse(header)) {
    parts.push(sent.subarray(at, offset), Buffer.from(text));
    at = offset + length;
  }
  return Buffer.concat([...parts, sent.subarray(at)]);
}
