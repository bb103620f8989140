import { expect, it } from 'vitest';
import { writeCsv } from './csv';

it('rows are lines, and what has a comma, a quote or a line break stands in quotes', () => {
  expect(writeCsv([['id', 'name'], ['1', 'a, "b"\nc']])).toBe('id,name\r\n1,"a, ""b""\nc"\r\n');
});

it('nothing is a formula', () => {
  expect(writeCsv([['=1+1', '-2+1', '-2', '@x', 'a=b']])).toBe("'=1+1,'-2+1,-2,'@x,a=b\r\n");
});
