import { describe, expect, it } from 'vitest';
import { readProse } from './prose';

describe('definitions', () => {
  it('are paragraphs of text, strong words, code and links', () => {
    expect(readProse('**Visitors** are\nbrowsers, see [Overview](#overview).\n\nBy `by`.')).toEqual([
      {
        kind: 'paragraph',
        pieces: [
          { kind: 'strong', text: 'Visitors' },
          { kind: 'text', text: ' are browsers, see ' },
          { kind: 'link', text: 'Overview', href: '#overview' },
          { kind: 'text', text: '.' },
        ],
      },
      { kind: 'paragraph', pieces: [{ kind: 'text', text: 'By ' }, { kind: 'code', text: 'by' }, { kind: 'text', text: '.' }] },
    ]);
  });

  it('have tables and lists', () => {
    const [table, list] = readProse('| Model | Gives |\n|---|---|\n| `first` | all |\n\n- one\n- two');
    expect(table).toMatchObject({ kind: 'table', head: [[{ text: 'Model' }], [{ text: 'Gives' }]], rows: [[[{ kind: 'code', text: 'first' }], [{ text: 'all' }]]] });
    expect(list).toMatchObject({ kind: 'list', items: [[{ text: 'one' }], [{ text: 'two' }]] });
  });

  it('keep what only looks like signs', () => {
    expect(readProse('3 * 4 * 5 <b>')).toEqual([{ kind: 'paragraph', pieces: [{ kind: 'text', text: '3 * 4 * 5 <b>' }] }]);
  });
});
