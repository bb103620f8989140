/** The few signs of Markdown that definitions are written with, as pieces of text: never as HTML. Pure. */

export type Piece = { kind: 'text' | 'strong' | 'code'; text: string } | { kind: 'link'; text: string; href: string };

export type Block = { kind: 'paragraph'; pieces: Piece[] } | { kind: 'list'; items: Piece[][] } | { kind: 'table'; head: Piece[][]; rows: Piece[][][] };

export function readProse(text: string): Block[] {
  return text
    .split(/\n\s*\n/)
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map(readBlock);
}

function readBlock(part: string): Block {
  const lines = part.split('\n').map((line) => line.trim());
  if (lines.length > 1 && lines.every((line) => line.startsWith('|'))) {
    const rows = lines.filter((line) => !/^\|[\s:|-]+\|$/.test(line)).map((line) => line.replace(/^\||\|$/g, '').split('|').map((cell) => readPieces(cell.trim())));
    const [head = [], ...body] = rows;
    return { kind: 'table', head, rows: body };
  }
  if (lines.every((line) => line.startsWith('- '))) return { kind: 'list', items: lines.map((line) => readPieces(line.slice(2))) };
  return { kind: 'paragraph', pieces: readPieces(lines.join(' ')) };
}

function readPieces(text: string): Piece[] {
  const pieces: Piece[] = [];
  let at = 0;
  for (const match of text.matchAll(/\*\*(.+?)\*\*|`([^`]+)`|\[([^\]]+)\]\(([^)]+)\)|(?<!\w)\*(?=\S)([^*]+)(?<=\S)\*(?!\w)/g)) {
    if (match.index > at) pieces.push({ kind: 'text', text: text.slice(at, match.index) });
    const [whole, strong, code, label, href, emphasis] = match;
    if (strong !== undefined) pieces.push({ kind: 'strong', text: strong });
    else if (code !== undefined) pieces.push({ kind: 'code', text: code });
    else if (label !== undefined && href !== undefined) pieces.push({ kind: 'link', text: label, href });
    else pieces.push({ kind: 'text', text: emphasis ?? whole });
    at = match.index + whole.length;
  }
  if (at < text.length) pieces.push({ kind: 'text', text: text.slice(at) });
  return pieces;
}
