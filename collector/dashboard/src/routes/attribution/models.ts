/** Models that divide conversions among what led to them: their names, what they give a key, and where they differ. Pure. */
import type { Schemas } from '../../lib/api';
import { numberFormat } from '../../lib/format/formats';
import { count, money, shortMoney } from '../../lib/format/value';
import { DIMENSION_LABELS, type Dimension } from '../../lib/questions/dimensions';

export type AttributionRow = Schemas['AttributionRow'];
export type Attributed = Schemas['Attributed'];

export interface Model {
  key: string;
  label: string;
  /** What it gives, in a sentence; docs/analytics.md has the whole. */
  help: string;
  /** Whether it looks at one conversion alone, so that single touches can be told. */
  single: boolean;
}

export const MODELS = [
  { key: 'first', label: 'First', help: 'All to the first touchpoint.', single: true },
  { key: 'last', label: 'Last', help: 'All to the last touchpoint.', single: true },
  { key: 'last_non_direct', label: 'Last non-direct', help: 'All to the last touchpoint that was not direct; to the last, where all were.', single: true },
  { key: 'linear', label: 'Linear', help: 'Each touchpoint as much.', single: true },
  { key: 'time_decay', label: 'Time decay', help: 'Half as much to a touchpoint that is one half-life older.', single: true },
  { key: 'position', label: 'Position', help: '40 % to the first, 40 % to the last, 20 % to those between.', single: true },
  { key: 'w_shaped', label: 'W-shaped', help: '30 % each to the first and to the last before the second and before the third stage, 10 % to the others.', single: true },
  { key: 'markov_1', label: 'Markov', help: 'The conversions that would be lost if nobody came by it any more, by a chain that remembers one touchpoint. Paths of who did not convert count too.', single: false },
  { key: 'markov_2', label: 'Markov 2', help: 'The same, by a chain that remembers two touchpoints.', single: false },
  { key: 'markov_3', label: 'Markov 3', help: 'The same, by a chain that remembers three touchpoints.', single: false },
  { key: 'shapley', label: 'Shapley', help: 'Each conversion in equal parts to the distinct ones on its way.', single: false },
] as const satisfies readonly Model[];

export type ModelKey = (typeof MODELS)[number]['key'];

/** Chains of a longer memory tell much the same and take longer. */
export const USUAL_MODELS: readonly ModelKey[] = MODELS.map((model) => model.key).filter((key) => key !== 'markov_2' && key !== 'markov_3');
export const USUAL_CHARTED: readonly ModelKey[] = ['first', 'last', 'linear'];

export function modelOf(key: string): Model & { key: ModelKey } {
  return MODELS.find((model) => model.key === key) ?? MODELS[0];
}

/** The models of an address in their order, each once; the usual ones where it says none. */
export function readModels(text: string | null, usual: readonly ModelKey[]): ModelKey[] {
  const wanted = (text ?? '').split(',');
  const known = MODELS.map((model) => model.key).filter((key) => wanted.includes(key));
  return known.length === 0 ? [...usual] : known;
}

/** Three places, of which each says a model; what is missing or unknown is as usual. */
export function readCharted(text: string | null): ModelKey[] {
  const wanted = (text ?? '').split(',');
  return USUAL_CHARTED.map((usual, place) => MODELS.find((model) => model.key === wanted[place])?.key ?? usual);
}

export function writeModels(models: readonly ModelKey[], usual: readonly ModelKey[]): string | null {
  return models.join() === usual.join() ? null : models.join();
}

export const MEASURES = ['revenue', 'conversions'] as const;
export type Measure = (typeof MEASURES)[number];

/** What a model gives a row; `null` where it could not be solved, or nothing has a value. */
export function given(row: AttributionRow, model: string, measure: Measure): number | null {
  const share = row.models[model];
  if (share === undefined) return null;
  if (measure === 'conversions') return Number(share.conversions);
  return share.value == null ? null : Number(share.value);
}

/** Conversions to a tenth: models give parts of them. */
export function sayConversions(value: string | number): string {
  return numberFormat({ maximumFractionDigits: 1 }).format(Number(value));
}

export function sayGiven(value: number | null, measure: Measure, currency: string | null): string {
  if (value === null) return '–';
  return measure === 'revenue' ? shortMoney(value, currency) : sayConversions(value);
}

/** To the last digit, with the part of all and the interval where there is one. */
export function sayExact(row: AttributionRow, model: string, currency: string | null): string {
  const share = row.models[model];
  if (share === undefined) return 'This model could not be solved';
  const worth = share.value == null ? '' : `${money(share.value, currency)}${span(share.value_low, share.value_high, (one) => money(one, currency))}, `;
  const part = share.share == null ? '' : `, ${numberFormat({ maximumFractionDigits: 2 }).format(share.share * 100)} % of all`;
  return `${worth}${share.conversions} conversions${span(share.conversions_low, share.conversions_high, sayConversions)}${part}`;
}

const span = (low: string | null | undefined, high: string | null | undefined, say: (value: string) => string) =>
  low == null || high == null ? '' : ` (${say(low)} to ${say(high)})`;

/** The interval of a share; `null` where none was drawn. */
export function interval(row: AttributionRow, model: string, measure: Measure): [number, number] | null {
  const share = row.models[model];
  const [low, high] = measure === 'revenue' ? [share?.value_low, share?.value_high] : [share?.conversions_low, share?.conversions_high];
  return low == null || high == null ? null : [Number(low), Number(high)];
}

export interface Difference {
  by: number;
  /** The models that give the most and the least. */
  most: string;
  least: string;
}

/** How far the models are apart about a row; `null` where fewer than two say something. */
export function difference(row: AttributionRow, models: readonly string[], measure: Measure): Difference | null {
  const said = models.flatMap((model) => {
    const value = given(row, model, measure);
    return value === null ? [] : [{ model, value }];
  });
  if (said.length < 2) return null;
  const most = said.reduce((held, one) => (one.value > held.value ? one : held));
  const least = said.reduce((held, one) => (one.value < held.value ? one : held));
  return { by: most.value - least.value, most: most.model, least: least.model };
}

/** Whether a row is of one thing: not of all the others, and not of touchpoints that have none. */
export const isNamed = (row: AttributionRow) => !row.rest && row.key != null;

/** The named row to which a model gives the most; `null` where it gives nothing to any. */
export function leader(rows: readonly AttributionRow[], model: string, measure: Measure): AttributionRow | null {
  let best: AttributionRow | null = null;
  for (const row of rows) {
    if (!isNamed(row) || (given(row, model, measure) ?? 0) <= 0) continue;
    if (best === null || (given(row, model, measure) ?? 0) > (given(best, model, measure) ?? 0)) best = row;
  }
  return best;
}

/** What a row is called. */
export function sayKey(row: Pick<AttributionRow, 'key' | 'rest'>, by: Dimension): string {
  if (row.rest) return 'All others';
  if (row.key != null) return row.key === '' ? '(empty)' : row.key;
  return by === 'campaign' || by === 'term' || by === 'content' ? `No ${DIMENSION_LABELS[by].toLowerCase()}` : 'Unknown';
}

/** A row in an address: no key is written `~`. */
export const UNKNOWN_KEY = '~';
export const idOf = (row: AttributionRow) => (row.rest ? '~rest' : (row.key ?? UNKNOWN_KEY));

/** The key as paths have it: what is not named has no row of its own there either. */
export const REST = '(rest)';

export interface Path {
  path: (string | null)[];
  conversions: number;
  not_converted: number;
  value: string | null;
  mean_ms: number | null;
}

/** Paths that lead by a key, the most conversions first. */
export function pathsBy(paths: readonly Path[], key: string | null): Path[] {
  return paths.filter((one) => one.path.includes(key)).sort((one, other) => other.conversions - one.conversions || other.not_converted - one.not_converted);
}

/** Steps of a path, where the same many times in a row are one. */
export function foldSteps(path: readonly (string | null)[]): { key: string | null; times: number }[] {
  const steps: { key: string | null; times: number }[] = [];
  for (const key of path) {
    const last = steps.at(-1);
    if (last !== undefined && last.key === key) last.times += 1;
    else steps.push({ key, times: 1 });
  }
  return steps;
}

/** What a conversion is, of the address, in words. */
export function sayConversion(conversion: string): string {
  if (conversion === 'conversions') return 'All conversions';
  if (conversion === 'orders') return 'Orders';
  const [kind = '', ...name] = conversion.split(':');
  return `${kind === 'milestone' ? 'Milestone' : 'Event'} ${name.join(':')}`;
}

/** Of a figure in a table of shares, with how many it is of. */
export const sayTimes = (times: number) => (times > 1 ? ` ×${count(times)}` : '');
