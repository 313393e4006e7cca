// Waiting without sleeping: every wait in these tests is for an event, under a watchdog that only a hang can meet.

// Generous, since sanitizer builds on a busy machine are slow; no test asserts on a duration.
export const kPatienceMs = Number(process.env.GATEWAY_TEST_PATIENCE_S ?? 30) * 1000;

// `promise`, or a failure that names what never came.
export async function patiently(promise, what, patienceMs = kPatienceMs) {
  let timer;
  const watchdog = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`waited ${patienceMs} ms in vain for ${what}`)), patienceMs);
  });
  try {
    return await Promise.race([promise, watchdog]);
  } finally {
    clearTimeout(timer);
  }
}

// A promise with its handles outside: `const gone = signal(); ...; gone.resolve(value); await gone.promise`.
export function signal() {
  const made = {};
  made.promise = new Promise((resolve, reject) => Object.assign(made, { resolve, reject }));
  made.promise.catch(() => {});  // whoever awaits it sees the failure; nobody has to
  return made;
}

// Asks `probe` until it gives something truthy, one question after the other. For state that only an endpoint shows
// (a counter that settles after the last byte of an answer).
export async function eventually(probe, what) {
  const deadline = Date.now() + kPatienceMs;
  for (;;) {
    const found = await probe();
    if (found) return found;
    if (Date.now() > deadline) throw new Error(`asked for ${kPatienceMs} ms in vain for ${what}`);
    await new Promise(setImmediate);
  }
}
