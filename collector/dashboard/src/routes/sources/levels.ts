/** By what sessions are told apart, and which level lies below another. Pure. */
import type { Schemas } from '../../lib/api';
import { sayValue, type Dimension, type Field } from '../../lib/questions/dimensions';

export type SourceRow = Schemas['FiguresRow'];

export interface Level {
  key: string;
  label: string;
  dimensions: readonly Dimension[];
}

export const LEVELS = [
  { key: 'channel', label: 'Channels', dimensions: ['channel'] },
  { key: 'source', label: 'Sources', dimensions: ['source'] },
  { key: 'medium', label: 'Media', dimensions: ['medium'] },
  { key: 'campaign', label: 'Campaigns', dimensions: ['campaign'] },
  { key: 'together', label: 'Source / medium / campaign', dimensions: ['source', 'medium', 'campaign'] },
  { key: 'entry_page', label: 'Landing pages', dimensions: ['entry_page'] },
  { key: 'exit_page', label: 'Exit pages', dimensions: ['exit_page'] },
] as const satisfies readonly Level[];

export type LevelKey = (typeof LEVELS)[number]['key'];

/** From the channel down to where people landed. */
const DOWN: readonly LevelKey[] = ['channel', 'source', 'medium', 'campaign', 'entry_page'];

export function levelOf(text: string | null): Level & { key: LevelKey } {
  return LEVELS.find((level) => level.key === text) ?? LEVELS[0];
}

/** The level below, beyond those that are narrowed by already; the lowest leads nowhere else. */
export function nextLevel(key: LevelKey, narrowed: readonly Field[]): LevelKey {
  if (key === 'together') return 'entry_page';
  const at = DOWN.indexOf(key);
  if (at === -1) return key;
  return DOWN.slice(at + 1).find((below) => !narrowed.includes(below as Dimension)) ?? key;
}

export function sayRow(row: SourceRow, dimensions: readonly Dimension[]): string {
  return dimensions.map((dimension) => sayValue(dimension, row.by?.[dimension] ?? null)).join(' / ');
}
