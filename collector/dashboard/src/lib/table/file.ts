/** Rows of a table as a file, where no call of the API writes this very one. Pure. */
import { writeCsv } from './csv';
import type { Column } from './table';

/** Comma-separated values with a line of names. */
export function csvOf<R>(columns: readonly Column<R>[], rows: readonly R[]): string {
  return writeCsv([columns.map(({ label }) => label), ...rows.map((row) => columns.map((column) => valueOf(column, row)))]);
}

/** Where a link finds the text as a file; it wants the attribute `download`. */
export function fileHref(csv: string): string {
  return `data:text/csv;charset=utf-8,${encodeURIComponent(csv)}`;
}

/** Numbers as they are, so that a program reads them; all else as people do. */
function valueOf<R>(column: Column<R>, row: R): string {
  const value = column.value?.(row);
  if (column.numeric) return typeof value === 'number' ? String(value) : value === null ? '' : column.text(row);
  return column.text(row);
}
