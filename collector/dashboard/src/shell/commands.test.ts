import { describe, expect, it } from 'vitest';
import { find, rank, type Command } from './commands';

const command = (label: string, also?: string): Command => ({ id: label, label, group: 'Pages', icon: 'dot', run: () => {}, ...(also ? { also } : {}) });
const all = ['Overview', 'Sources', 'Pages', 'People', 'Paths', 'Data quality'].map((label) => command(label));

describe('the palette', () => {
  it('gives everything in order while nothing is typed', () => {
    expect(find(all, ' ')).toEqual(all);
  });

  it('prefers beginnings, then beginnings of words, then letters in their order', () => {
    expect(find(all, 'pa').map((one) => one.label)).toEqual(['Pages', 'Paths']);
    expect(find(all, 'qual')[0]?.label).toBe('Data quality');
    expect(find(all, 'dq')[0]?.label).toBe('Data quality');
    expect(rank('Overview', 'view')).toBeLessThan(rank('Data view', 'view'));
  });

  it('finds nothing where a letter is missing, and takes other words too', () => {
    expect(find(all, 'xyz')).toEqual([]);
    expect(find([command('Dark', 'theme colours')], 'theme')).toHaveLength(1);
    expect(find([command('Dark')], 'theme')).toEqual([]);
  });
});
