// What the tests read out of a Markdown file: fenced blocks and tables, each with the line where it begins.

// Each fenced block: `{ line, language, text, note }`. `note` is what `<!-- test: ... -->` right above it says.
export function blocksOf(markdown) {
  const blocks = [];
  let open = null;
  let note = '';
  for (const [at, line] of markdown.split('\n').entries()) {
    if (open !== null) {
      if (line === '```') {
        blocks.push({ ...open, text: open.lines.join('\n') });
        open = null;
      } else {
        open.lines.push(line);
      }
      continue;
    }
    if (line.startsWith('```')) {
      open = { line: at + 1, language: line.slice(3).trim(), note, lines: [] };
    }
    note = /^<!-- test: (.*) -->$/.exec(line)?.[1] ?? '';
  }
  if (open !== null) throw new Error(`the block of line ${open.line} has no end`);
  return blocks;
}

// Each table: `{ line, heading, columns, rows }`; a row is an object by column. `\|` is a bar inside a cell.
export function tablesOf(markdown) {
  const tables = [];
  let heading = '';
  let table = null;
  let fenced = false;
  for (const [at, line] of markdown.split('\n').entries()) {
    if (line.startsWith('```')) fenced = !fenced;
    if (!fenced && /^#+ /.test(line)) heading = headingText(line);
    if (fenced || !line.startsWith('|')) {
      table = null;
      continue;
    }
    const cells = line.replace(/^\||\|$/g, '').split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll('\\|', '|'));
    if (table === null) {
      table = { line: at + 1, heading, columns: cells, rows: [] };
      tables.push(table);
    } else if (cells.length !== table.columns.length) {
      throw new Error(`line ${at + 1}: ${cells.length} cells under ${table.columns.length} columns`);
    } else if (!cells.every((cell) => /^:?-+:?$/.test(cell))) {
      table.rows.push(Object.fromEntries(cells.map((cell, column) => [table.columns[column], cell])));
    }
  }
  return tables;
}

// The texts in backticks of a cell.
export function codeIn(cell) {
  return [...cell.matchAll(/`([^`]*)`/g)].map((match) => match[1]);
}

function headingText(line) {
  return line.replace(/^#+ /, '').replaceAll('`', '');
}

// The anchor that a heading has on a page: lower case, blanks as dashes, punctuation left out.
export function anchorOf(heading) {
  return heading.toLowerCase().replace(/[^\p{L}\p{N}_ -]/gu, '').replaceAll(' ', '-');
}
