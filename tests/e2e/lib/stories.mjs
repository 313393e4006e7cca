// The stories of requests, as an administrator reads them.
import assert from 'node:assert/strict';

import { eventually } from './wait.mjs';

let made = 0;

// An id for a request whose story is wanted: `const id = newId(); await chat({}, { 'x-request-id': id })`.
export const newId = () => `story-${process.pid}-${++made}`;

// As GET /admin/requests/<id> tells it, as soon as it is told: that is after the last byte of the answer.
export async function storyOf(gateway, id, headers) {
  return (await eventually(async () => {
    const reply = await gateway.get(`/admin/requests/${id}`, headers);
    if (reply.status === 200) return reply;
    assert.equal(reply.status, 404, reply.text);
    return null;
  }, `the story ${id}`)).json;
}

// As GET /admin/requests lists them.
export async function listed(gateway, query = '', headers) {
  const reply = await gateway.get(`/admin/requests${query && '?'}${query}`, headers);
  assert.equal(reply.status, 200, reply.text);
  return reply.json;
}

// The names of its steps.
export const stepsOf = (story) => story.steps.map(({ step }) => step);

// What every story must keep to.
export function assertSound(story) {
  const { steps, attempts_made: attempts, pauses, choices } = story;
  assert.equal(steps[0].step, 'arrived');
  assert.equal(steps.at(-1).step, 'ended');
  for (const [at, { at_ms: now, text }] of steps.entries()) {
    assert.ok(at === 0 || now >= steps[at - 1].at_ms, `order of time in ${JSON.stringify(steps)}`);
    assert.ok(now >= 0 && now <= story.total_ms, JSON.stringify(steps));
    assert.notEqual(text, '');
  }
  assert.ok(story.overhead_ms >= 0 && story.overhead_ms <= story.total_ms);
  let end = 0;
  for (const part of [...attempts, ...pauses].sort((a, b) => a.began_ms - b.began_ms)) {
    assert.ok(part.began_ms >= end, `nothing at once: ${JSON.stringify([attempts, pauses])}`);
    assert.ok(part.ended_ms >= part.began_ms && part.ended_ms <= story.total_ms, JSON.stringify(part));
    end = part.ended_ms;
  }
  const waited = [...attempts, ...pauses].reduce((sum, part) => sum + part.ended_ms - part.began_ms, 0);
  assert.ok(Math.abs(story.overhead_ms - (story.total_ms - waited)) < 0.01, JSON.stringify(story));
  for (const { head_ms: head, token_ms: token, began_ms: began, ended_ms: ended } of attempts) {
    for (const moment of [head, token]) assert.ok(moment === null || (moment >= began && moment <= ended));
  }
  for (const { provider, why, priority } of choices) {
    assert.deepEqual([why === null, priority === null], [provider === null, provider === null]);
  }
}
