// The story of a request: what it came to, when what happened, who was chosen, who was asked.
import { h, svg, table } from '../dom.js';
import { bytes, clock, count, day, dollars, milliseconds, plural } from '../format.js';

const kOutcomes = {
  answered: ['ok', 'answered'],
  failed: ['bad', 'failed'],
  cut: ['bad', 'broke off'],
  client_gone: ['off', 'client left'],
  rejected: ['warn', 'can’t be said there'],
};
const kPauses = {
  body: 'the client sends its request',
  allowance: 'a limit of the caller has no room',
  room: 'no provider has room',
  cooldown: 'a provider cools down',
  retry: 'before a retry',
};
const outcomeOf = ({ outcome }) => kOutcomes[outcome] ?? ['off', String(outcome).replaceAll('_', ' ')];

export function storyOf(story) {
  return h(
    'article.story',
    heading(story),
    facts(story),
    timeline(story),
    steps(story),
    choices(story),
    capture(story),
  );
}

function heading(story) {
  const tone = story.status >= 500 ? 'bad' : story.status >= 400 || story.error ? 'warn' : 'ok';
  return h(
    'header.card',
    h(
      'div.head',
      h('span.badge', { 'data-tone': tone }, String(story.status)),
      h('h2', story.model || story.path),
      h('span.muted', byWhom(story)),
    ),
    story.error && h('p.error', story.error),
    h('code.id', story.id),
  );
}

function byWhom({ provider, status, error }) {
  if (!provider) return 'nobody was asked';
  return status < 400 && !error ? `answered by ${provider}` : `asked last: ${provider}`;
}

function facts(story) {
  const rows = [
    ['Total', milliseconds(story.total_ms)],
    ['First token', milliseconds(story.first_token_ms)],
    ['Gateway’s own time', milliseconds(story.overhead_ms)],
    ['Tokens in', count(story.tokens_in)],
    ['Tokens out', count(story.tokens_out) + (story.estimated ? ' (estimated)' : '')],
    ['Tokens from caches', count(story.cached_tokens)],
    ['Cost', dollars(story.cost)],
    ['Attempts', count(story.attempts)],
    ['Bytes in', bytes(story.bytes_in)],
    ['Bytes out', bytes(story.bytes_out)],
    ['Time', `${day(story.time)} ${clock(story.time)}`],
    ['Key', story.owner ? `${story.key} (${story.owner})` : story.key],
    ['From', story.client],
    ['Path', story.path, 'broad'],
    ['Dialect', story.dialect + (story.stream ? ', streamed' : ''), 'broad'],
    ['Route', story.route && story.route !== story.model ? story.route : null],
    ['Strategy', story.strategy],
    ['Left out', story.dropped],
    ['Trace', story.trace_id && h('code', story.trace_id), 'broad'],
  ];
  return h(
    'dl.facts.wide.card',
    rows
      .filter(([, value]) => value)
      .map(([name, value, width]) => h('div', { class: width ?? '' }, h('dt', name), h('dd', value))),
  );
}

// ---- bars over time -------------------------------------------------------------------------------------

const kRow = 26;

function timeline(story) {
  const lines = [
    ...story.attempts_made.map((attempt) => ({
      from: attempt.began_ms,
      to: attempt.ended_ms,
      name: attempt.provider,
      tone: outcomeOf(attempt)[0],
      text: attemptText(attempt),
      token: attempt.token_ms,
      head: attempt.head_ms,
    })),
    ...story.pauses.map((pause) => ({
      from: pause.began_ms,
      to: pause.ended_ms,
      name: 'waited',
      tone: 'off',
      text: kPauses[pause.for] ?? pause.for,
    })),
  ].sort((left, right) => left.from - right.from);
  if (lines.length === 0) return null;
  const total = Math.max(story.total_ms, ...lines.map(({ to }) => to), 0.001);
  const title = `${plural(story.attempts_made.length, 'attempt')} in ${milliseconds(story.total_ms)}`;
  return h(
    'section.card',
    h('h3', 'Timeline'),
    h(
      'div.timeline',
      h(
        'div.scale',
        { 'aria-hidden': 'true' },
        h('span', '0'),
        h('span', milliseconds(total / 2)),
        h('span', milliseconds(total)),
      ),
      h(
        'ol',
        lines.map((line) => h('li', h('strong.name', line.name), bar(line, total), h('span.text', line.text))),
      ),
    ),
    h('details', h('summary', 'As a table'), attemptTable(title, story.attempts_made)),
  );
}

function bar({ from, to, tone, token, head, name, text }, total) {
  const x = (ms) => ((ms / total) * 1000).toFixed(1);
  const width = Math.max(3, ((to - from) / total) * 1000);
  const label = `${name}: ${milliseconds(from)} to ${milliseconds(to)}, ${text}`;
  const mark = (ms, kind) =>
    ms !== null && ms !== undefined && svg(`rect.mark.${kind}`, { x: x(ms), width: 3, y: 3, height: kRow - 6 });
  return svg(
    'svg.bar-of-time',
    { viewBox: `0 0 1000 ${kRow}`, preserveAspectRatio: 'none', role: 'img', 'aria-label': label },
    svg('title', label),
    svg('rect.base', { x: 0, width: 1000, y: kRow / 2 - 0.5, height: 1 }),
    svg('rect', { class: `tone-${tone}`, x: Math.min(x(from), 997), width, y: 5, height: kRow - 10, rx: 2 }),
    mark(head, 'head'),
    mark(token, 'token'),
  );
}

function attemptText(attempt) {
  const parts = [outcomeOf(attempt)[1]];
  if (attempt.retry) parts.unshift('again');
  if (attempt.status > 0 && !(attempt.reason ?? '').startsWith(attempt.status)) parts.push(String(attempt.status));
  if (attempt.reason) parts.push(attempt.reason);
  if (attempt.token_ms !== null && attempt.token_ms !== undefined) {
    parts.push(`first token after ${milliseconds(attempt.token_ms - attempt.began_ms)}`);
  }
  parts.push(milliseconds(attempt.ended_ms - attempt.began_ms));
  return parts.join(' · ');
}

function attemptTable(title, attempts) {
  const columns = [
    ['Provider'],
    ['Model'],
    ['Server'],
    ['Dialect'],
    ['Began', 'number'],
    ['Status line', 'number'],
    ['First token', 'number'],
    ['Ended', 'number'],
    ['Status', 'number'],
    ['Outcome'],
    ['Left out'],
  ];
  return table(
    title,
    columns,
    attempts.map((attempt) => [
      attempt.provider,
      attempt.model,
      attempt.server || 'built in',
      attempt.dialect + (attempt.converted ? ' (converted)' : ''),
      milliseconds(attempt.began_ms),
      milliseconds(attempt.head_ms),
      milliseconds(attempt.token_ms),
      milliseconds(attempt.ended_ms),
      attempt.status || '–',
      [outcomeOf(attempt)[1], attempt.reason && `: ${attempt.reason}`],
      attempt.dropped || '',
    ]),
  );
}

// ---- in words -------------------------------------------------------------------------------------------

function steps(story) {
  return h(
    'section.card',
    h('h3', 'Step by step'),
    h(
      'ol.steps',
      story.steps.map(({ at_ms: at, text }) => h('li', h('span.number.muted', milliseconds(at)), h('span', text))),
    ),
  );
}

function choices({ choices: made }) {
  const skipping = made.filter(({ skipped }) => skipped.length > 0);
  if (skipping.length === 0) return null;
  return h(
    'section.card',
    h('h3', 'Who was passed over'),
    skipping.map(({ at_ms: at, provider, why, skipped, skipped_more: more }) => [
      h(
        'p',
        h('span.number.muted', milliseconds(at)),
        ' ',
        h('strong', provider ?? 'nobody was left'),
        why ? `: ${why}` : '',
      ),
      h(
        'ul.lines',
        skipped.map((one) =>
          h(
            'li',
            h('span.badge', { 'data-tone': 'warn' }, 'skipped'),
            h('span', one.provider),
            h('span.muted', one.reason),
          ),
        ),
        more > 0 && h('li.muted', `and ${count(more)} more`),
      ),
    ]),
  );
}

function capture({ capture: kept }) {
  if (!kept) return null;
  const part = (title, text, size) =>
    h('details', h('summary', `${title}, ${bytes(size)}`), h('pre', { tabindex: 0 }, pretty(text)));
  return h(
    'section.card',
    h('h3', 'What was said'),
    part('Request', kept.request, kept.request_bytes),
    part('Answer', kept.answer, kept.answer_bytes),
  );
}

function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text; // a stream, or cut off
  }
}
