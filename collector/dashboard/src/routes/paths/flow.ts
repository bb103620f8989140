/** Paths as the address has them and the API takes them, and its links as flows from left to right. Pure. */
import type { Schemas } from '../../lib/api';
import { jsonOf, textOf, type Parameters } from '../../lib/questions/reports';
import { exactly, forApi, fromApi, readStep, sayStep, writeStep, type Step } from '../../lib/questions/steps';
import type { QueryChanges } from '../../lib/router/match';

export const DEPTHS = [2, 3, 4, 5, 6, 7, 8, 9, 10] as const;
export const TOPS = [3, 5, 8, 10, 15, 20, 30] as const;
export const USUAL = { depth: 5, top: 8 };
export const OF_LABELS: Record<Schemas['PathsOf'], string> = { pages: 'Pages', events: 'Events', both: 'Both' };

export type Way = 'after' | 'before';

export interface Asking {
  way: Way;
  /** Where paths begin, or end where they are followed back; `null` for the session's own beginning or end. */
  anchor: Step | null;
  of: Schemas['PathsOf'];
  depth: number;
  top: number;
}

const SESSION = 'session';

export function readAsking(query: URLSearchParams): Asking {
  const end = query.get('end');
  const anchor = end ?? query.get('start');
  const within = (name: 'depth' | 'top', least: number, most: number) => {
    const value = Number(query.get(name));
    return Number.isInteger(value) && value >= least && value <= most ? value : USUAL[name];
  };
  const of = query.get('of');
  return {
    way: end === null ? 'after' : 'before',
    anchor: anchor === null ? null : readStep(anchor),
    of: of === 'events' || of === 'both' ? of : 'pages',
    depth: within('depth', 2, 10),
    top: within('top', 1, 50),
  };
}

export function writeAsking({ way, anchor, of, depth, top }: Asking): QueryChanges {
  const written = anchor === null ? null : writeStep(anchor);
  return {
    start: way === 'after' ? written : null,
    end: way === 'before' ? (written ?? SESSION) : null,
    of: of === 'pages' ? null : of,
    depth: depth === USUAL.depth ? null : String(depth),
    top: top === USUAL.top ? null : String(top),
  };
}

export function parametersOf({ way, anchor, of, depth, top }: Asking) {
  const written = anchor === null ? SESSION : JSON.stringify(forApi(anchor));
  return { ...(way === 'after' ? { start: written } : { end: written }), ...(of === 'pages' ? {} : { of }), depth, top };
}

/** The address of paths that were kept. */
export function addressOf(parameters: Parameters): QueryChanges {
  const end = parameters['end'] === undefined ? null : jsonOf(parameters, 'end');
  const query = new URLSearchParams();
  for (const name of ['of', 'depth', 'top']) query.set(name, textOf(parameters, name) ?? '');
  const asking = readAsking(query);
  const way = parameters['end'] === undefined ? 'after' : 'before';
  return writeAsking({ ...asking, way, anchor: fromApi(way === 'before' ? end : jsonOf(parameters, 'start')) });
}

export function sayAnchor({ way, anchor }: Pick<Asking, 'way' | 'anchor'>): string {
  if (anchor !== null) return sayStep(anchor);
  return way === 'after' ? 'Start of the session' : 'End of the session';
}

export interface Node {
  id: string;
  /** From the left. */
  column: number;
  kind: Schemas['PathKind'];
  name: string | null;
  label: string;
  sessions: number;
  /** Of all sessions that are followed. */
  share: number;
  /** Sessions of which nothing follows, or came before. */
  ended: number;
}

export interface Link {
  id: string;
  /** From 0, away from where paths begin. */
  depth: number;
  from: Node;
  to: Node;
  sessions: number;
  /** Of the sessions at `from`. */
  rate: number | null;
  share: number;
}

export interface Flow {
  nodes: Node[];
  links: Link[];
  columns: number;
  /** The most nodes of a column. */
  tallest: number;
}

/** Links run from left to right in time: what paths are followed back from stands at the right. */
export function flowOf(paths: Schemas['Paths'], way: Way): Flow {
  const deepest = Math.max(0, ...paths.nodes.map(({ depth }) => depth), ...paths.rows.map(({ depth }) => depth + 1));
  const columnOf = (depth: number) => (way === 'after' ? depth : deepest - depth);
  const share = (sessions: number) => (paths.sessions === 0 ? 0 : sessions / paths.sessions);
  const idOf = (depth: number, kind: Schemas['PathKind'], name: string | null | undefined) => `${depth} ${kind} ${name ?? ''}`;
  const nodes = new Map<string, Node>();
  for (const { depth, kind, name, sessions, ended } of paths.nodes) {
    const id = idOf(depth, kind, name);
    nodes.set(id, { id, column: columnOf(depth), kind, name: name ?? null, label: sayThing(kind, name ?? null, way), sessions, share: share(sessions), ended });
  }
  const links: Link[] = [];
  for (const row of paths.rows) {
    const from = nodes.get(idOf(row.depth, row.from_kind, row.from));
    if (from === undefined) continue;
    const id = idOf(row.depth + 1, row.to_kind, row.to);
    let to = nodes.get(id);
    if (to === undefined) {
      // What ends has no node of its own.
      to = { id, column: columnOf(row.depth + 1), kind: row.to_kind, name: row.to ?? null, label: sayThing(row.to_kind, row.to ?? null, way), sessions: 0, share: 0, ended: 0 };
      nodes.set(id, to);
    }
    if (row.to_kind === 'end') {
      to.sessions += row.sessions;
      to.share = share(to.sessions);
    }
    links.push({ id: `${from.id} > ${to.id}`, depth: row.depth, from, to, sessions: row.sessions, rate: row.rate ?? null, share: share(row.sessions) });
  }
  const all = [...nodes.values()];
  const heights = new Map<number, number>();
  for (const { column } of all) heights.set(column, (heights.get(column) ?? 0) + 1);
  return { nodes: all, links, columns: deepest + 1, tallest: Math.max(1, ...heights.values()) };
}

function sayThing(kind: Schemas['PathKind'], name: string | null, way: Way): string {
  switch (kind) {
    case 'end':
      return way === 'after' ? 'Left' : 'Came in';
    case 'others':
      return 'All others';
    default:
      return name ?? 'Unknown page';
  }
}

/** The step that a node is, for paths from there; `null` for what is no one thing. */
export function stepOf({ kind, name }: Pick<Node, 'kind' | 'name'>): Step | null {
  return (kind === 'page' || kind === 'event' || kind === 'milestone') && name !== null ? exactly(kind, name) : null;
}
