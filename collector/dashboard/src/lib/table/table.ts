/** Columns of a table, and rows in the order of one. Pure. */

export interface Column<R> {
  key: string;
  label: string;
  /** Numbers are to the right, in figures of one width, and sort the greatest first. */
  numeric?: boolean;
  /** What the cell says. */
  text: (row: R) => string;
  /** To the last digit, and whatever else belongs into its hint. */
  title?: (row: R) => string | undefined;
  /** What rows are sorted by; without it the column sorts by nothing. */
  value?: (row: R) => number | string | null;
  /** The number of the time that is compared with, for the change. */
  before?: (row: R) => number | null;
  better?: 'more' | 'less' | null;
  /** A bar behind the cell, as long as this is of the greatest. */
  bar?: (row: R) => number | null;
  /** What the column means, in a sentence. */
  help?: string;
  /** Where the cell leads to. */
  href?: (row: R) => string | null;
  /** Left out on a phone. */
  minor?: boolean;
}

export interface Order {
  key: string;
  descending: boolean;
}

/** Reads `revenue` or `revenue.asc` of an address. */
export function readOrder(text: string | null, usual: Order): Order {
  if (text === null || text === '') return usual;
  const ascending = text.endsWith('.asc');
  return { key: ascending ? text.slice(0, -4) : text, descending: !ascending };
}

/** What of an address says an order; nothing for the usual one. */
export function writeOrder(order: Order, usual: Order): string | null {
  if (order.key === usual.key && order.descending === usual.descending) return null;
  return order.descending ? order.key : `${order.key}.asc`;
}

/** The order after a click at a column's head: its usual way first, then the other. */
export function turned<R>(order: Order, column: Column<R>): Order {
  if (order.key === column.key) return { key: column.key, descending: !order.descending };
  return { key: column.key, descending: column.numeric === true };
}

/** The rows in an order; what has no value comes last either way, and those alike stay as they were. */
export function sorted<R>(rows: readonly R[], columns: readonly Column<R>[], order: Order): R[] {
  const value = columns.find((column) => column.key === order.key)?.value;
  if (value === undefined) return [...rows];
  const way = order.descending ? -1 : 1;
  return rows
    .map((row, at) => ({ row, at, value: value(row) }))
    .sort((one, other) => {
      if (one.value === null || other.value === null) return Number(one.value === null) - Number(other.value === null) || one.at - other.at;
      const by =
        typeof one.value === 'string' || typeof other.value === 'string'
          ? String(one.value).localeCompare(String(other.value), 'en')
          : one.value - other.value;
      return by * way || one.at - other.at;
    })
    .map((one) => one.row);
}

/** How long a bar is, as a part of one. */
export function barOf(value: number | null, greatest: number): number {
  return value === null || value <= 0 || greatest <= 0 ? 0 : value / greatest;
}
