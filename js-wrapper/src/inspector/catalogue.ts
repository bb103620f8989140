/**
 * The site's catalogue in debug mode: where it comes from, and what it finds.
 *
 * Comes from the setting `catalogue`, or from the collector by the write key. An item is looked at once, as it will be
 * sent: with what was registered and what `beforeSend` made of it.
 */

import type { InitOptions } from '../types.js';
import { judge, type Document, type Finding } from './check.js';

/** What was found of one event and field. */
export interface Found extends Finding {
  readonly name: string;
  times: number;
}

/** The catalogue and what it found on this page. */
export interface Catalogue {
  readonly mode: string | undefined;
  readonly document: Document | undefined;
  /** Why there is none. */
  readonly failed: string | undefined;
  /** By item. */
  readonly findings: ReadonlyMap<string, Finding>;
  /** By event and field. */
  readonly found: ReadonlyMap<string, Found>;
  /** Looks at an item; gives what is newly found. */
  look(item: { id: string; type: string; data: object }): Found | undefined;
}

const isDocument = (value: unknown): value is Document =>
  typeof value == 'object' && !!value && typeof (value as Document).events == 'object' && !!(value as Document).events;

/** The document and the collector's mode. */
async function load({ catalogue, key }: InitOptions, endpoint: string): Promise<{ mode?: string; document?: unknown }> {
  if (typeof catalogue == 'object') return { document: catalogue };
  const url = new URL(catalogue ?? 'catalogue', catalogue ? location.href : endpoint);
  if (!catalogue) url.searchParams.set('key', key);
  const response = await fetch(url, { credentials: 'omit' });
  type Answer = { mode?: string; document?: unknown; error?: { message?: string } };
  const body = (await response.json()) as Answer;
  if (!response.ok) throw new Error(body.error?.message ?? `status ${response.status}`);
  // A file is the document, a collector's answer has it.
  return isDocument(body) ? { document: body } : body;
}

/** The catalogue of the page's site; what it comes to know later, it tells by `told`. */
export function catalogue(options: InitOptions, endpoint: string, told: () => void): Catalogue {
  const findings = new Map<string, Finding>();
  const found = new Map<string, Found>();
  const seen = new Set<string>();
  const self = {
    mode: undefined as string | undefined,
    document: undefined as Document | undefined,
    failed: undefined as string | undefined,
    findings,
    found,
    look({ id, type, data }: { id: string; type: string; data: object }): Found | undefined {
      if (!check || type != 'event' || seen.has(id)) return undefined;
      seen.add(id);
      const { name, props } = data as { name: string; props?: unknown };
      const finding = check(name, props);
      if (!finding) return undefined;
      findings.set(id, finding);
      const key = `${name} ${finding.field}`;
      const known = found.get(key);
      if (known) known.times++;
      else found.set(key, { ...finding, name, times: 1 });
      return { ...finding, name, times: 1 };
    },
  };
  let check: ReturnType<typeof judge> | undefined;
  load(options, endpoint)
    .then(({ mode, document }) => {
      self.mode = mode;
      if (document && !isDocument(document)) throw new Error('this is not an event catalogue');
      if (document) check = judge((self.document = document as Document));
    })
    .catch((error: unknown) => (self.failed = `No catalogue could be loaded: ${error instanceof Error ? error.message : error}`))
    .finally(told);
  return self;
}
