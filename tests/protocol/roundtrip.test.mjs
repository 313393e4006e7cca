// A request that goes to another dialect and back keeps its meaning: what the other dialect can say must come back as
// it was. What it can't say, or says in another form, is named beside each request.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { convert } from './lib/convert.mjs';

const kPng = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
const kPdf = 'JVBERi0xLjQKJSVFT0YK';

const kWeatherSchema = {
  type: 'object',
  properties: {
    city: { type: 'string', description: 'a town' },
    when: { type: 'object', properties: { day: { type: 'integer' } }, required: ['day'], additionalProperties: false },
  },
  required: ['city', 'when'],
  additionalProperties: false,
};

// Of a provider that takes all there is, so that what is lost is lost by the conversion.
const kAble = {
  max_output_tokens: 64000,
  thinking: 'adaptive',
  reasoning_model: true,
  effort_levels: ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'],
  structured_outputs: true,
  temp_xor_top_p: false,
  mid_system: true,
  tool_strict: true,
  documents: true,
  system_role: 'system',
};

async function converted(body, from, to) {
  const output = await convert(`${from}_to_${to}_request`, { body, upstream: { model: body.model, ...kAble } });
  assert.equal(output.status, 200, output.raw);
  assert.equal(output.headers['x-gateway-dropped'] ?? null, null, `${from} to ${to} drops`);
  return output.body;
}

// There, and back again.
async function roundTrip(body, from, over) {
  return converted(await converted(body, from, over), over, from);
}

// ---- what is the same said differently ----------------------------------------------------------------

// A content of one text is as good as the text.
function plain(content) {
  const isOneText = Array.isArray(content) && content.length === 1 && content[0].type === 'text' &&
    Object.keys(content[0]).length === 2;
  return isOneText ? content[0].text : content;
}

function withPlainContents(message) {
  return 'content' in message ? { ...message, content: plain(message.content) } : message;
}

// Responses has to say the detail that Chat may leave open.
function withoutAutoDetail(content) {
  if (!Array.isArray(content)) return content;
  return content.map((part) => {
    if (part.image_url?.detail !== 'auto') return part;
    const { detail: _, ...image } = part.image_url;
    return { ...part, image_url: image };
  });
}

// The arguments as the value they are, and not as they are spaced; what says nothing is left out.
function chatMeaning(body) {
  const messages = body.messages.map((message) => {
    const calls = message.tool_calls?.map((call) =>
      ({ ...call, function: { ...call.function, arguments: JSON.parse(call.function.arguments) } }));
    const { content, ...rest } = withPlainContents(message);
    if (content !== null) rest.content = withoutAutoDetail(content);
    return calls ? { ...rest, tool_calls: calls } : rest;
  });
  return { ...body, messages };
}

function messagesMeaning(body) {
  const messages = body.messages.map((message) => {
    const { content, ...rest } = withPlainContents(message);
    return { ...rest, content: Array.isArray(content) ? content.map(withPlainContents) : content };
  });
  return { ...body, ...(body.system ? { system: plain(body.system) } : {}), messages };
}

const kMeanings = { openai: chatMeaning, anthropic: messagesMeaning };

// ---- requests -----------------------------------------------------------------------------------------

const kChatTool = {
  type: 'function',
  function: { name: 'weather', description: 'The weather', parameters: kWeatherSchema, strict: true },
};
const kChatCall = (id, city) => ({
  id, type: 'function', function: { name: 'weather', arguments: JSON.stringify({ city, when: { day: 1 } }) },
});

const kChat = {
  'a conversation with instructions and sampling': {
    model: 'm',
    messages: [
      { role: 'system', content: 'You are kind.' },
      { role: 'user', content: 'Hello' },
      { role: 'assistant', content: 'Hello!  \n' },
      { role: 'user', content: [{ type: 'text', text: 'Two' }, { type: 'text', text: 'parts' }] },
    ],
    max_tokens: 500,
    temperature: 0.25,
    top_p: 0.5,
  },
  'images, by URL and as data, and a document': {
    model: 'm',
    messages: [{
      role: 'user',
      content: [
        { type: 'text', text: 'What is this?' },
        { type: 'image_url', image_url: { url: 'https://pictures.example/a.png' } },
        { type: 'image_url', image_url: { url: `data:image/png;base64,${kPng}` } },
        { type: 'file', file: { filename: 'report.pdf', file_data: `data:application/pdf;base64,${kPdf}` } },
      ],
    }],
    max_tokens: 500,
  },
  'tools, calls side by side, and their results': {
    model: 'm',
    messages: [
      { role: 'user', content: 'Rain?' },
      {
        role: 'assistant',
        content: 'Let me see.',
        tool_calls: [kChatCall('call_1', 'Rome'), kChatCall('call_2', 'Oslo')],
      },
      { role: 'tool', tool_call_id: 'call_1', content: 'dry' },
      { role: 'tool', tool_call_id: 'call_2', content: 'wet' },
      { role: 'assistant', content: 'Rome is dry.' },
      { role: 'user', content: 'And tomorrow?' },
    ],
    max_tokens: 500,
    tools: [kChatTool],
    tool_choice: 'auto',
    parallel_tool_calls: false,
  },
  'a tool that must be called': {
    model: 'm',
    messages: [{ role: 'user', content: 'Rain?' }],
    max_tokens: 500,
    tools: [kChatTool],
    tool_choice: { type: 'function', function: { name: 'weather' } },
  },
  'an answer by schema, with effort': {
    model: 'm',
    messages: [{ role: 'user', content: 'Rain?' }],
    max_tokens: 500,
    response_format: { type: 'json_schema', json_schema: { name: 'response', schema: kWeatherSchema, strict: true } },
    reasoning_effort: 'high',
  },
};

const kMessagesTool = { name: 'weather', description: 'The weather', input_schema: kWeatherSchema, strict: true };
const kUse = (id, city) => ({ type: 'tool_use', id, name: 'weather', input: { city, when: { day: 1 } } });

const kMessages = {
  'a conversation with instructions and sampling': {
    model: 'm',
    max_tokens: 500,
    system: [{ type: 'text', text: 'You are kind.' }, { type: 'text', text: 'You are brief.' }],
    messages: [
      { role: 'user', content: 'Hello' },
      { role: 'assistant', content: 'Hello!  \n' },
      { role: 'user', content: [{ type: 'text', text: 'Two' }, { type: 'text', text: 'parts' }] },
    ],
    temperature: 0.25,
    top_p: 0.5,
  },
  'instructions in the midst': {
    model: 'm',
    max_tokens: 500,
    messages: [
      { role: 'user', content: 'Hello' },
      { role: 'system', content: 'Be brief from now on.' },
      { role: 'assistant', content: 'Hi' },
      { role: 'user', content: 'Well?' },
    ],
  },
  'images, by URL and as data, and a document': {
    model: 'm',
    max_tokens: 500,
    messages: [{
      role: 'user',
      content: [
        { type: 'text', text: 'What is this?' },
        { type: 'image', source: { type: 'url', url: 'https://pictures.example/a.png' } },
        { type: 'image', source: { type: 'base64', media_type: 'image/png', data: kPng } },
        {
          type: 'document',
          source: { type: 'base64', media_type: 'application/pdf', data: kPdf },
          title: 'report.pdf',
        },
      ],
    }],
  },
  'tools, calls side by side, and their results': {
    model: 'm',
    max_tokens: 500,
    messages: [
      { role: 'user', content: 'Rain?' },
      {
        role: 'assistant',
        content: [{ type: 'text', text: 'Let me see.' }, kUse('toolu_1', 'Rome'), kUse('toolu_2', 'Oslo')],
      },
      {
        role: 'user',
        content: [
          { type: 'tool_result', tool_use_id: 'toolu_1', content: 'dry' },
          { type: 'tool_result', tool_use_id: 'toolu_2', content: 'wet' },
          { type: 'text', text: 'And tomorrow?' },
        ],
      },
    ],
    tools: [kMessagesTool],
    tool_choice: { type: 'any', disable_parallel_tool_use: true },
  },
  'an answer by schema, with effort': {
    model: 'm',
    max_tokens: 500,
    messages: [{ role: 'user', content: 'Rain?' }],
    thinking: { type: 'adaptive' },
    output_config: { effort: 'high', format: { type: 'json_schema', schema: kWeatherSchema } },
  },
  'nothing but what is needed': {
    model: 'm',
    max_tokens: 500,
    messages: [{ role: 'user', content: 'Hello' }],
    stop_sequences: ['END'],
    metadata: { user_id: 'user-1' },
    service_tier: 'standard_only',
  },
};

for (const [from, over, requests] of [
  ['openai', 'anthropic', kChat],
  ['openai', 'responses', kChat],
  ['anthropic', 'openai', kMessages],
]) {
  describe(`${from} to ${over} and back`, { concurrency: 8 }, () => {
    for (const [name, body] of Object.entries(requests)) {
      it(name, async () => {
        const back = await roundTrip(body, from, over);
        assert.deepEqual(kMeanings[from](back), kMeanings[from](body));
      });
    }
  });
}

it('the dialect of the client itself keeps every byte but the model', async () => {
  const body = '{"model":"alias","temperature":1.0,"seed":9007199254740993,"messages":[{"role":"user",' +
    '"content":"caf\\u00e9\\/"}],"stop":null,"x":{"b":1e3,"a":[]}}';
  for (const dialect of ['openai', 'anthropic', 'responses']) {
    const { raw } = await convert(`${dialect}_to_${dialect}_request`, `{"body":${body},"upstream":{"model":"m"}}`);
    assert.ok(raw.includes(`"body":${body.replace('alias', 'm')}`), raw);
  }
});
