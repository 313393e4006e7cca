// The binary's `convert` command.
import { spawn } from 'node:child_process';

import { kBinary } from '../../e2e/lib/gateway.mjs';
import { patiently, signal } from '../../e2e/lib/wait.mjs';

// The command's standard output, standard error and exit code.
export async function runConvert(direction, text) {
  const child = spawn(kBinary, ['convert', direction], { stdio: ['pipe', 'pipe', 'pipe'] });
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr']) {
    child[name].setEncoding('utf8');
    child[name].on('data', (piece) => { output[name] += piece; });
  }
  const ended = signal();
  child.once('error', ended.reject);
  child.once('close', ended.resolve);
  child.stdin.on('error', () => {});  // a command that refuses its arguments does not read
  child.stdin.end(text);
  const code = await patiently(ended.promise, `the end of ai-gateway convert ${direction}`);
  return { ...output, code };
}

// The output as JSON; `raw` is its text.
export async function convert(direction, input) {
  const text = typeof input === 'string' ? input : JSON.stringify(input);
  const { stdout, stderr, code } = await runConvert(direction, text);
  if (code !== 0) throw new Error(`convert ${direction} ended with ${code}: ${stderr}`);
  return { ...JSON.parse(stdout), raw: stdout };
}

// The events of a stream: `{ event, data }`, the data as a JSON value where it is one.
export function eventsOf(sse) {
  return sse.split(/\r?\n\r?\n/).filter((block) => block.trim() !== '').map((block) => {
    const found = { event: '', data: [] };
    for (const line of block.split(/\r?\n/)) {
      if (line.startsWith('event:')) found.event = line.slice(6).trim();
      if (line.startsWith('data:')) found.data.push(line.slice(5).replace(/^ /, ''));
    }
    const data = found.data.join('\n');
    return { event: found.event, data: data.startsWith('{') ? JSON.parse(data) : data };
  });
}
