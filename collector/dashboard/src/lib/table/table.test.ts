import { describe, expect, it } from 'vitest';
import { barOf, readOrder, sorted, turned, writeOrder, type Column, type Order } from './table';

interface Row {
  name: string | null;
  count: number | null;
}

const columns: Column<Row>[] = [
  { key: 'name', label: 'Name', text: (row) => row.name ?? '', value: (row) => row.name },
  { key: 'count', label: 'Count', numeric: true, text: (row) => String(row.count), value: (row) => row.count },
  { key: 'plain', label: 'Plain', text: () => '' },
];
const rows: Row[] = [
  { name: 'b', count: 2 },
  { name: null, count: 10 },
  { name: 'a', count: null },
  { name: 'c', count: 2 },
];
const names = (order: Order) => sorted(rows, columns, order).map((row) => row.name);

describe('the order of a table', () => {
  it('has what is not known last either way, and keeps those alike as they were', () => {
    expect(names({ key: 'count', descending: true })).toEqual([null, 'b', 'c', 'a']);
    expect(names({ key: 'count', descending: false })).toEqual(['b', 'c', null, 'a']);
    expect(names({ key: 'name', descending: true })).toEqual(['c', 'b', 'a', null]);
  });

  it('stays as it was by a column without values', () => {
    expect(names({ key: 'plain', descending: true })).toEqual(rows.map((row) => row.name));
  });

  it('turns: numbers begin with the greatest, texts with the first', () => {
    const [name, count] = columns as [Column<Row>, Column<Row>];
    expect(turned({ key: 'name', descending: false }, count)).toEqual({ key: 'count', descending: true });
    expect(turned({ key: 'count', descending: true }, count)).toEqual({ key: 'count', descending: false });
    expect(turned({ key: 'count', descending: true }, name)).toEqual({ key: 'name', descending: false });
  });

  it('comes back from the address', () => {
    const usual = { key: 'count', descending: true };
    for (const order of [usual, { key: 'count', descending: false }, { key: 'name', descending: true }]) {
      expect(readOrder(writeOrder(order, usual), usual)).toEqual(order);
    }
    expect(writeOrder(usual, usual)).toBeNull();
  });
});

describe('bars', () => {
  it('are a part of the greatest, and none for less than nothing', () => {
    expect(barOf(5, 10)).toBe(0.5);
    expect(barOf(-5, 10)).toBe(0);
    expect(barOf(null, 10)).toBe(0);
    expect(barOf(0, 0)).toBe(0);
  });
});
