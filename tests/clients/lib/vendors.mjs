// Scripted providers that answer as the vendors do, each in its own dialect: one description of what is said, and the
// wire format of whoever says it. The shapes are those of the vendors' API references (August 2026).
//
//   const answer = { thinking: 'Hm.', text: 'Hello', calls: [{ id, name, args }], usage: kTokens };
//   providers: { a: { ...kVendors.anthropic.entry, serve: kVendors.anthropic.says(answer) } }
import { bytes, cut, event, json, sse } from '../../e2e/lib/upstream.mjs';

// Tokens as OpenAI counts them: the prompt includes what came from a cache and what was written to it (`written`, if
// any), the output what was thought.
export const kTokens = { prompt: 30, cached: 10, output: 12, reasoning: 4 };

const kCreated = 1_700_000_000;

// ---- OpenAI Chat ------------------------------------------------------------------------------------

const cacheDetails = ({ cached, written }) => ({ cached_tokens: cached,
  ...(written ? { cache_write_tokens: written } : {}) });

function chatUsage({ prompt, output, reasoning, ...cache }) {
  return { prompt_tokens: prompt, completion_tokens: output, total_tokens: prompt + output,
    prompt_tokens_details: cacheDetails(cache), completion_tokens_details: { reasoning_tokens: reasoning } };
}

function chatFinish({ calls = [], finish }) {
  return { length: 'length', refusal: 'stop' }[finish] ?? (calls.length > 0 ? 'tool_calls' : 'stop');
}

const chatCall = ({ id, name, args }) => ({ id, type: 'function', function: { name, arguments: JSON.stringify(args) } });

function chatAnswer(answer) {
  const { text = null, thinking, calls = [], refusal = null, usage = kTokens } = answer;
  const message = { role: 'assistant', content: text, refusal };
  if (thinking) message.reasoning_content = thinking;
  if (calls.length > 0) message.tool_calls = calls.map(chatCall);
  return { id: 'chatcmpl-1', object: 'chat.completion', created: kCreated, model: 'upstream-model',
    choices: [{ index: 0, message, logprobs: null, finish_reason: chatFinish(answer) }], usage: chatUsage(usage) };
}

function chatEvents(answer, { stream_options: options }) {
  const { text, thinking, calls = [], refusal, usage = kTokens } = answer;
  const chunk = (delta, finish_reason = null) => ({ id: 'chatcmpl-1', object: 'chat.completion.chunk',
    created: kCreated, model: 'upstream-model', choices: [{ index: 0, delta, logprobs: null, finish_reason }] });
  const deltas = [{ role: 'assistant', content: '' }];
  for (const piece of pieces(thinking)) deltas.push({ reasoning_content: piece });
  for (const piece of pieces(text)) deltas.push({ content: piece });
  for (const piece of pieces(refusal)) deltas.push({ refusal: piece });
  calls.forEach((call, index) => {
    const { arguments: args, name } = chatCall(call).function;
    deltas.push({ tool_calls: [{ index, id: call.id, type: 'function', function: { name, arguments: '' } }] });
    for (const piece of pieces(args)) deltas.push({ tool_calls: [{ index, function: { arguments: piece } }] });
  });
  const events = deltas.map((delta) => event(chunk(delta)));
  if (answer.cut) return [...events, cut];
  if (answer.error) return [...events, event({ error: { message: 'overloaded', type: 'server_error', code: '503' } })];
  events.push(event(chunk({}, chatFinish(answer))));
  if (options?.include_usage) {
    events.push(event({ ...chunk({}), choices: [], usage: chatUsage(usage) }));
  }
  return [...events, 'data: [DONE]\n\n'];
}

// ---- OpenAI Responses -------------------------------------------------------------------------------

function responseUsage({ prompt, output, reasoning, ...cache }) {
  return { input_tokens: prompt, input_tokens_details: cacheDetails(cache), output_tokens: output,
    output_tokens_details: { reasoning_tokens: reasoning }, total_tokens: prompt + output };
}

function responseItems({ text, thinking, calls = [], refusal }) {
  const items = [];
  if (thinking) {
    items.push({ id: 'rs_1', type: 'reasoning', summary: [{ type: 'summary_text', text: thinking }],
      encrypted_content: 'opaque-openai' });
  }
  const content = [];
  if (text) content.push({ type: 'output_text', text, annotations: [], logprobs: [] });
  if (refusal) content.push({ type: 'refusal', refusal });
  if (content.length > 0) items.push({ id: 'msg_1', type: 'message', role: 'assistant', status: 'completed', content });
  calls.forEach(({ id, name, args }, at) => items.push({ id: `fc_${at}`, type: 'function_call', status: 'completed',
    call_id: id, name, arguments: JSON.stringify(args) }));
  return items;
}

function responseObject(answer, members = {}) {
  const isCut = answer.finish === 'length';
  return { id: 'resp_1', object: 'response', created_at: kCreated, status: isCut ? 'incomplete' : 'completed',
    error: null, incomplete_details: isCut ? { reason: 'max_output_tokens' } : null, instructions: null,
    max_output_tokens: null, metadata: {}, model: 'upstream-model', output: responseItems(answer),
    parallel_tool_calls: true, temperature: 1, tool_choice: 'auto', tools: [], top_p: 1,
    usage: responseUsage(answer.usage ?? kTokens), ...members };
}

function responseEvents(answer) {
  const events = [];
  const add = (type, members) => events.push(
    `event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: events.length, ...members })}\n\n`);
  const empty = responseObject(answer, { status: 'in_progress', output: [], usage: null });
  add('response.created', { response: empty });
  add('response.in_progress', { response: empty });
  responseItems(answer).forEach((item, output_index) => {
    const where = { item_id: item.id, output_index };
    if (item.type === 'reasoning') {
      add('response.output_item.added', { output_index, item: { ...item, summary: [], encrypted_content: '' } });
      add('response.reasoning_summary_part.added', { ...where, summary_index: 0,
        part: { type: 'summary_text', text: '' } });
      for (const delta of pieces(item.summary[0].text)) {
        add('response.reasoning_summary_text.delta', { ...where, summary_index: 0, delta });
      }
      add('response.reasoning_summary_text.done', { ...where, summary_index: 0, text: item.summary[0].text });
      add('response.reasoning_summary_part.done', { ...where, summary_index: 0, part: item.summary[0] });
    } else if (item.type === 'message') {
      add('response.output_item.added', { output_index, item: { ...item, status: 'in_progress', content: [] } });
      item.content.forEach((part, content_index) => {
        const at = { ...where, content_index };
        const isText = part.type === 'output_text';
        add('response.content_part.added', { ...at, part: isText ? { ...part, text: '' } : { ...part, refusal: '' } });
        for (const delta of pieces(isText ? part.text : part.refusal)) {
          add(isText ? 'response.output_text.delta' : 'response.refusal.delta', { ...at, delta });
        }
        if (isText) add('response.output_text.done', { ...at, text: part.text });
        else add('response.refusal.done', { ...at, refusal: part.refusal });
        add('response.content_part.done', { ...at, part });
      });
    } else {
      add('response.output_item.added', { output_index, item: { ...item, status: 'in_progress', arguments: '' } });
      for (const delta of pieces(item.arguments)) {
        add('response.function_call_arguments.delta', { ...where, delta });
      }
      add('response.function_call_arguments.done', { ...where, name: item.name, arguments: item.arguments });
    }
    add('response.output_item.done', { output_index, item });
  });
  if (answer.cut) return [...events, cut];
  if (answer.error) {
    add('response.failed', { response: { ...empty, status: 'failed',
      error: { code: 'server_error', message: 'overloaded' } } });
    return events;
  }
  const response = responseObject(answer);
  add(`response.${response.status}`, { response });
  return events;
}

// ---- Anthropic --------------------------------------------------------------------------------------

function messagesUsage({ prompt, cached, written = 0, output }) {
  return { input_tokens: prompt - cached - written, cache_creation_input_tokens: written,
    cache_read_input_tokens: cached, output_tokens: output };
}

function messagesBlocks({ text, thinking, calls = [] }) {
  const blocks = [];
  if (thinking) blocks.push({ type: 'thinking', thinking, signature: 'opaque-anthropic' });
  if (text) blocks.push({ type: 'text', text });
  for (const { id, name, args } of calls) blocks.push({ type: 'tool_use', id, name, input: args });
  return blocks;
}

function messagesStop({ calls = [], finish }) {
  return { length: 'max_tokens', refusal: 'refusal' }[finish] ?? (calls.length > 0 ? 'tool_use' : 'end_turn');
}

function messagesAnswer(answer, members = {}) {
  return { id: 'msg_1', type: 'message', role: 'assistant', model: 'upstream-model', content: messagesBlocks(answer),
    stop_reason: messagesStop(answer), stop_sequence: null, usage: messagesUsage(answer.usage ?? kTokens), ...members };
}

function messagesEvents(answer) {
  const usage = messagesUsage(answer.usage ?? kTokens);
  const events = [];
  const add = (type, members = {}) => events.push(`event: ${type}\ndata: ${JSON.stringify({ type, ...members })}\n\n`);
  add('message_start', { message: messagesAnswer(answer, { content: [], stop_reason: null,
    usage: { ...usage, output_tokens: 1 } }) });
  add('ping');
  messagesBlocks(answer).forEach((block, index) => {
    const delta = (members) => add('content_block_delta', { index, delta: members });
    if (block.type === 'thinking') {
      add('content_block_start', { index, content_block: { type: 'thinking', thinking: '', signature: '' } });
      for (const piece of pieces(block.thinking)) delta({ type: 'thinking_delta', thinking: piece });
      delta({ type: 'signature_delta', signature: block.signature });
    } else if (block.type === 'text') {
      add('content_block_start', { index, content_block: { type: 'text', text: '' } });
      for (const piece of pieces(block.text)) delta({ type: 'text_delta', text: piece });
    } else {
      add('content_block_start', { index, content_block: { ...block, input: {} } });
      delta({ type: 'input_json_delta', partial_json: '' });
      for (const piece of pieces(JSON.stringify(block.input))) delta({ type: 'input_json_delta', partial_json: piece });
    }
    add('content_block_stop', { index });
  });
  if (answer.cut) return [...events, cut];
  if (answer.error) {
    add('error', { error: { type: 'overloaded_error', message: 'overloaded' } });
    return events;
  }
  add('message_delta', { delta: { stop_reason: messagesStop(answer), stop_sequence: null },
    usage: { output_tokens: usage.output_tokens } });
  add('message_stop');
  return events;
}

// ---- Gemini -----------------------------------------------------------------------------------------

function geminiUsage({ prompt, cached, output, reasoning }) {
  return { promptTokenCount: prompt, cachedContentTokenCount: cached, candidatesTokenCount: output - reasoning,
    thoughtsTokenCount: reasoning, totalTokenCount: prompt + output };
}

function geminiParts({ text, thinking, calls = [] }) {
  const parts = [];
  for (const piece of pieces(thinking)) parts.push({ text: piece, thought: true });
  for (const piece of pieces(text)) parts.push({ text: piece });
  calls.forEach(({ id, name, args }, at) => parts.push({ functionCall: { id, name, args },
    ...(at === 0 ? { thoughtSignature: 'opaque-google' } : {}) }));
  return parts;
}

function geminiReply(parts, members = {}, { usage = kTokens } = {}) {
  return { candidates: [{ index: 0, content: { role: 'model', parts }, ...members }],
    usageMetadata: geminiUsage(usage), modelVersion: 'upstream-model', responseId: 'g1' };
}

const geminiFinish = ({ finish }) => ({ length: 'MAX_TOKENS', refusal: 'SAFETY' }[finish] ?? 'STOP');

function geminiEvents(answer) {
  const frame = (body) => `data: ${JSON.stringify(body)}\r\n\r\n`;
  const events = geminiParts(answer).map((part) => frame(geminiReply([part], {}, answer)));
  if (answer.cut) return [...events, cut];
  if (answer.error) return [...events, frame({ error: { code: 503, message: 'overloaded', status: 'UNAVAILABLE' } })];
  return [...events, frame(geminiReply([{ text: '' }], { finishReason: geminiFinish(answer) }, answer))];
}

// ---- the vendors ------------------------------------------------------------------------------------

// Cut as models write: not at words.
function pieces(text) {
  return text ? text.match(/[\s\S]{1,4}/gu) : [];
}

// Answers as a stream where it is asked for, else whole.
function sayer(streams, events, whole) {
  return (answer) => (exchange) => (streams(exchange.record)
    ? sse(...events(answer, exchange.record.json))(exchange)
    : json(whole(answer))(exchange));
}

const asksInBody = ({ json: body }) => body.stream === true;
const asksInPath = ({ path }) => path.includes(':streamGenerateContent');

const openAiError = (status, message) => json({ error: { message, type: 'server_error', param: null, code: null } },
  { status });

// `entry`: what its entry in the configuration has; `says`: a good answer, or one that breaks (`cut`, `error`);
// `fails`: an error status in the vendor's form; `path`: where it is asked.
export const kVendors = {
  openai: { entry: { type: 'openai' }, says: sayer(asksInBody, chatEvents, chatAnswer), fails: openAiError,
    path: /^\/v1\/chat\/completions$/ },
  responses: { entry: { type: 'openai', dialects: ['responses'] },
    says: sayer(asksInBody, responseEvents, responseObject), fails: openAiError, path: /^\/v1\/responses$/ },
  azure: { entry: { type: 'azure', api_version: '2024-10-21' }, says: sayer(asksInBody, chatEvents, chatAnswer),
    fails: openAiError, path: /\/openai\/deployments\/upstream-model\/chat\/completions\?api-version=2024-10-21$/ },
  anthropic: { entry: { type: 'anthropic' }, says: sayer(asksInBody, messagesEvents, messagesAnswer),
    fails: (status, message) => json({ type: 'error', error: { type: 'api_error', message } }, { status }),
    path: /^\/v1\/messages$/ },
  gemini: { entry: { type: 'gemini' },
    says: sayer(asksInPath, geminiEvents, (answer) => geminiReply(geminiParts(answer),
      { finishReason: geminiFinish(answer) }, answer)),
    fails: (status, message) => json({ error: { code: status, message, status: 'INTERNAL' } }, { status }),
    path: /\/models\/upstream-model:(generateContent|streamGenerateContent\?alt=sse)$/ },
};

// The matrix's rows that every client test walks.
export const kVendorNames = Object.keys(kVendors);

// A body of bytes that is no answer in any dialect.
export const kNonsense = bytes('<html>Bad gateway</html>', { headers: { 'content-type': 'text/html' } });
