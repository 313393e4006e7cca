// The commands of a shell block as data, and a `curl` of our own for them: the examples run on machines without curl.
//
// Understood is what examples need: words, quotes, `export` and `$NAME`, comments, `\` at a line's end, one command a
// line. Anything else is an error, so that no example is taken for something that it is not.

// `[{ words, text }]`; `text` is the command as it stands there. `environment` has the variables that earlier scripts
// have set, and gets those of this one; `valueOf` may know better what a variable is to be.
export function commandsOf(script, environment = {}, valueOf = (value) => value) {
  const commands = [];
  let words = [];
  let word = null;
  let begin = 0;
  const endWord = () => {
    if (word !== null) words.push(word);
    word = null;
  };
  const endCommand = (end) => {
    endWord();
    if (words[0] === 'export') {
      const [name, value] = words[1].split(/=(.*)/s);
      environment[name] = valueOf(value);
    } else if (words.length > 0) {
      commands.push({ words, text: script.slice(begin, end).trim() });
    }
    words = [];
  };
  const variable = (at) => {
    const name = /^\$([A-Za-z_]\w*)/.exec(script.slice(at))?.[1];
    if (name === undefined) throw new Error(`only $NAME is understood: ${script.slice(at, at + 20)}`);
    if (environment[name] === undefined) throw new Error(`the examples set no variable ${name}`);
    word = (word ?? '') + environment[name];
    return at + name.length;
  };

  for (let at = 0; at < script.length; ++at) {
    const c = script[at];
    if (c === '\n') {
      endCommand(at);
      begin = at + 1;
    } else if (c === ' ') {
      endWord();
    } else if (c === '#' && word === null) {
      const lineEnd = script.indexOf('\n', at);
      at = (lineEnd < 0 ? script.length : lineEnd) - 1;
    } else if (c === '\\') {
      at += 1;
      if (script[at] !== '\n') word = (word ?? '') + script[at];
    } else if (c === "'") {
      const close = closing(script, at, "'");
      word = (word ?? '') + script.slice(at + 1, close);
      at = close;
    } else if (c === '"') {
      word ??= '';
      for (at += 1; script[at] !== '"'; ++at) {
        if (at >= script.length) throw new Error('a " has no end');
        if (script[at] === '$') at = variable(at);
        else if (script[at] === '\\') word += script[at += 1];
        else word += script[at];
      }
    } else if (c === '$') {
      at = variable(at);
    } else if ('|&;<>`()'.includes(c)) {
      throw new Error(`not understood in an example: ${c} in ${script}`);
    } else {
      word = (word ?? '') + c;
    }
  }
  endCommand(script.length);
  return commands;
}

function closing(script, at, quote) {
  const close = script.indexOf(quote, at + 1);
  if (close < 0) throw new Error(`a ${quote} has no end`);
  return close;
}

// What a curl command asks for: `{ url, method, headers, body }`.
export function readCurl([, ...words]) {
  const asked = { url: undefined, method: undefined, headers: {}, body: undefined };
  while (words.length > 0) {
    const word = words.shift();
    if (['-s', '-i', '-N', '-sN', '--silent', '--include', '--no-buffer'].includes(word)) continue;
    if (word === '-X' || word === '--request') asked.method = words.shift();
    else if (word === '-H' || word === '--header') {
      const [name, value] = words.shift().split(/: (.*)/s);
      asked.headers[name.toLowerCase()] = value;
    } else if (word === '-d' || word === '--data') asked.body = words.shift();
    else if (!word.startsWith('-') && asked.url === undefined) asked.url = new URL(word);
    else throw new Error(`not understood in a curl command: ${word}`);
  }
  if (asked.url === undefined) throw new Error('a curl command without an address');
  asked.method ??= asked.body === undefined ? 'GET' : 'POST';
  // As curl does it: who forgets the header sends a form.
  if (asked.body !== undefined) asked.headers['content-type'] ??= 'application/x-www-form-urlencoded';
  return asked;
}
