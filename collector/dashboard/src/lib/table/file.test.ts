import { describe, expect, it } from 'vitest';
import { csvOf, fileHref } from './file';
import type { Column } from './table';

interface Row {
  name: string;
  count: number | null;
}
const columns: Column<Row>[] = [
  { key: 'name', label: 'Name', text: (row) => row.name },
  { key: 'count', label: 'How often', numeric: true, text: (row) => (row.count === null ? '–' : `${row.count} times`), value: (row) => row.count },
];

describe('rows as a file', () => {
  it('has numbers as numbers and nothing where there is none', () => {
    expect(csvOf(columns, [{ name: 'a', count: 1204 }, { name: 'b', count: null }])).toBe('Name,How often\r\na,1204\r\nb,\r\n');
  });

  it('quotes what would end a cell', () => {
    expect(csvOf(columns, [{ name: 'a "b", c\nd', count: -1 }])).toBe('Name,How often\r\n"a ""b"", c\nd",-1\r\n');
  });

  it('takes no formula over', () => {
    expect(csvOf(columns, [{ name: '=cmd()', count: 0 }, { name: '-2', count: 0 }])).toBe("Name,How often\r\n'=cmd(),0\r\n-2,0\r\n");
  });

  it('is an address', () => {
    expect(fileHref('a,b\r\n')).toBe('data:text/csv;charset=utf-8,a%2Cb%0D%0A');
  });
});
