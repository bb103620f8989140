import { describe, expect, it } from 'vitest';
import { bytes, fieldsOf, mapOf, partOf, sayResult, type Import } from './ways';

const REPORT: Import['report'] = {
  bytes_read: 0,
  rows: 0,
  rejected: 0,
  rejects: [],
  new: null,
  known: null,
  left_out: {},
  columns: [],
  fields: {},
  summary: null,
  problem: null,
};
const IMPORT: Import = {
  id: 'one',
  kind: 'sessions',
  dry_run: false,
  file: 'visits.csv',
  bytes: 200,
  state: 'done',
  report: REPORT,
  rejects_kept: false,
  created_at: 1,
  created_by: 'user:1',
  ended_at: 2,
};

describe('imports in words', () => {
  it('says what one came to', () => {
    expect(sayResult({ ...IMPORT, report: { ...REPORT, rows: 1200, new: 3000, known: 1, rejected: 1 } })).toBe('1,200 rows · 3,000 items new, 1 there already · 1 row not imported');
    expect(sayResult({ ...IMPORT, dry_run: true, report: { ...REPORT, rows: 2, rejected: 2 } })).toBe('2 rows · 2 rows not importable');
    expect(sayResult({ ...IMPORT, report: { ...REPORT, problem: { field: 'map', message: 'No column says it.' } } })).toBe('0 rows · No column says it.');
  });

  it('asks only for what was chosen otherwise', () => {
    expect(mapOf({})).toBe('');
    expect(mapOf({ started: 'when', country: '' })).toBe('started=when,country=');
  });

  it('offers the site’s milestones and what was found', () => {
    const names = fieldsOf({ visitor: 'v', gclid: 'gclid', signup_at: 'signup_at' }, ['signup_at', 'paid_at']).map((field) => field.name);
    expect(names.slice(-3)).toEqual(['signup_at', 'paid_at', 'gclid']);
    expect(new Set(names).size).toBe(names.length);
  });

  it('tells sizes and how far it is', () => {
    expect([bytes(1), bytes(999), bytes(1_500), bytes(12_345_678), bytes(2_000_000_000)]).toEqual(['1 byte', '999 bytes', '1.5 KB', '12 MB', '2.0 GB']);
    expect(partOf({ ...IMPORT, report: { ...REPORT, bytes_read: 50 } })).toBe(0.25);
    expect(partOf({ ...IMPORT, bytes: 0 })).toBeNull();
  });
});
