// What several suites expect of an answer.
import assert from 'node:assert/strict';

// An error in OpenAI's form with this status; gives its `error` object.
export function assertError(reply, status) {
  assert.equal(reply.status, status, reply.text);
  assert.match(reply.headers['content-type'], /^application\/json/);
  const { error } = reply.json;
  assert.equal(typeof error?.message, 'string', reply.text);
  assert.notEqual(error.message, '');
  assert.equal(typeof error.type, 'string', reply.text);
  for (const member of ['param', 'code']) {
    assert.ok(error[member] === null || typeof error[member] === 'string', `${member} in ${reply.text}`);
  }
  return error;
}

// A whole second count in `Retry-After`, at least 1.
export function assertRetryAfter(reply) {
  assert.match(reply.headers['retry-after'] ?? '', /^[1-9]\d*$/);
  return Number(reply.headers['retry-after']);
}

// Who answered, after how many attempts.
export function assertAnsweredBy(reply, provider, attempts) {
  assert.equal(reply.status, 200, reply.text);
  assert.equal(reply.headers['x-gateway-provider'], provider);
  assert.equal(reply.headers['x-gateway-attempts'], String(attempts));
}

// A stream that ended with an error event and without `[DONE]`; gives the error.
export function assertBrokenOff(events) {
  assert.ok(events.length > 0, 'an error event');
  assert.ok(!events.some((event) => event.data === '[DONE]'), 'no [DONE] after a failure');
  const { error } = events.at(-1).json;
  assert.equal(typeof error?.message, 'string', events.at(-1).data);
  return error;
}

// A stream that ended as it should.
export function assertWhole(events) {
  assert.equal(events.at(-1)?.data, '[DONE]');
  assert.ok(!events.some((event) => event.data !== '[DONE]' && event.json.error), 'no error event');
}
