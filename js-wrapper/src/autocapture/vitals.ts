/**
 * Web vitals, each as one final value of the page view in which it happened.
 *
 * Measures with the package web-vitals, and adds what that does not know: a single-page app's page views. LCP, FCP and
 * TTFB are of the document's load and belong to the page view that was shown then. CLS and INP are of every page view:
 * from the second on they are taken here, by the same definitions. Values are final, and told, when the page view is hidden
 * for the first time, left, or followed by another; in the last case a little later, because a browser tells of the click
 * that led away only after it has painted.
 */

import type { Metric } from 'web-vitals';
import { CLSThresholds, onCLS } from 'web-vitals/onCLS.js';
import { onFCP } from 'web-vitals/onFCP.js';
import { INPThresholds, onINP } from 'web-vitals/onINP.js';
import { onLCP } from 'web-vitals/onLCP.js';
import { onTTFB } from 'web-vitals/onTTFB.js';

import { guarded, note, shown, watch } from './page.js';

/** How long what happened in a page view may be told of after its end, in milliseconds. */
const GRACE = 1_000;

/** A layout shift belongs to those before it if it comes so soon after the last and the first of them. */
const SHIFT_GAP = 1_000;
const SHIFT_WINDOW = 5_000;

/** Interactions that are kept to find the longest but for one in fifty. */
const LONGEST = 10;

interface Value {
  value: number;
  rating: Metric['rating'];
  type: string;
  at: number;
}

interface View {
  /** Whether it began within the document, so that the package does not know it. */
  soft: boolean;
  /** When it ended, by the page's clock. */
  end: number;
  url: string;
  values: Map<string, Value>;
  told: boolean;
  shifts: { sum: number; first: number; last: number };
  longest: [interaction: number, duration: number][];
  interactions: number;
}

/** The entries of newer kinds, which TypeScript does not know. */
type Entry = PerformanceEntry & { hadRecentInput: boolean; value: number; interactionId: number };

const interactions = (): number => (performance as { interactionCount?: number }).interactionCount ?? 0;

function begin(soft: boolean): View {
  return {
    soft,
    end: Infinity,
    url: '',
    values: new Map(),
    told: false,
    shifts: { sum: 0, first: 0, last: -Infinity },
    longest: [],
    interactions: interactions(),
  };
}

/** Adds a layout shift; the sum of the shifts that it belongs to. */
export function shift(shifts: View['shifts'], { value, startTime }: { value: number; startTime: number }): number {
  if (startTime - shifts.last >= SHIFT_GAP || startTime - shifts.first >= SHIFT_WINDOW) {
    shifts.sum = 0;
    shifts.first = startTime;
  }
  shifts.last = startTime;
  return (shifts.sum += value);
}

/** Adds an interaction to the longest; the one that stands for `count` of them. */
export function interaction(longest: View['longest'], id: number, duration: number, count: number): number {
  const known = longest.find(([other]) => other == id);
  if (known) known[1] = Math.max(known[1], duration);
  else longest.push([id, duration]);
  longest.sort(([, a], [, b]) => b - a).splice(LONGEST);
  return longest[Math.min(longest.length - 1, Math.floor(count / 50))]![1];
}

/** Watches web vitals. */
export function watchVitals(): void {
  let current = begin(false);
  let past: View | undefined;
  let observing = false;

  /** The page view in which something happened. */
  const during = (time: number): View => (past && time < past.end ? past : current);

  const keep = ({ values }: View, name: string, value: number, rating: Value['rating'], type: string) =>
    values.set(name, { value, rating, type, at: Date.now() });

  const noteSoft = (view: View, name: string, value: number, [good, poor]: readonly [number, number]) =>
    keep(view, name, value, value > poor ? 'poor' : value > good ? 'needs-improvement' : 'good', 'soft-navigation');

  const tell = (view: View | undefined, late?: boolean) => {
    if (!view || view.told) return;
    view.told = true;
    for (const [metric, { value, rating, type, at }] of view.values) {
      const rounded = metric == 'CLS' ? +value.toFixed(4) : Math.round(value);
      const props = { metric, value: rounded, rating, navigation_type: type };
      note('web_vital', props, at, view.url || shown, late);
    }
  };

  const tellPast = () => {
    tell(past, true);
    past = undefined;
  };

  const observe = (type: string, hear: (entry: Entry) => void) => {
    // A kind that the browser lacks is unknown, and not zero.
    if (!PerformanceObserver.supportedEntryTypes.includes(type)) return false;
    const each = guarded(hear);
    new PerformanceObserver((list) => list.getEntries().forEach((entry) => each(entry as Entry))).observe({
      type,
      durationThreshold: 16,
    } as PerformanceObserverInit);
    return true;
  };

  let shifts = false;
  const observeSoft = () => {
    observing = true;
    shifts = observe('layout-shift', (entry) => {
      const view = during(entry.startTime);
      if (!view.soft || entry.hadRecentInput) return;
      const sum = shift(view.shifts, entry);
      if (sum > view.values.get('CLS')!.value) noteSoft(view, 'CLS', sum, CLSThresholds);
    });
    observe('event', ({ startTime, interactionId, duration }) => {
      const view = during(startTime);
      if (!view.soft || !interactionId) return;
      const count = interactions() - view.interactions;
      noteSoft(view, 'INP', interaction(view.longest, interactionId, duration, count), INPThresholds);
    });
  };

  watch((moment) => {
    tellPast();
    if (moment == 'changed' || moment == 'restored') {
      const ended = current;
      ended.end = performance.now();
      ended.url = shown;
      current = begin(moment == 'changed');
      if (moment == 'restored') return;
      past = ended;
      setTimeout(() => past == ended && tellPast(), GRACE);
      if (!observing) observeSoft();
      if (shifts) noteSoft(current, 'CLS', 0, CLSThresholds);
    } else {
      tell(current);
    }
  });

  const hear = guarded(({ name, value, rating, entries, navigationType }: Metric) => {
    const entry = name == 'CLS' ? entries[entries.length - 1] : entries[0];
    const view = during(entry ? entry.startTime : performance.now());
    // What the package goes on adding up is of the whole document.
    if (view.soft && /CLS|INP/.test(name)) return;
    keep(view, name, value, rating, navigationType);
  });
  for (const measure of [onCLS, onFCP, onINP, onLCP, onTTFB]) measure(hear, { reportAllChanges: true });
}
