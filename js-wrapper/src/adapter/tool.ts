/**
 * The use of a tool of the site, such as an editor or a calculator, from entry to exit.
 *
 * Owns the events `tool_entered` and `tool_exited`. A page that is left takes its tools with it, and one that comes back
 * from the back-forward cache enters them again. When a tool is on the page is the framework's to say.
 */

import type { Props, Waymark } from '../types.js';
import { start, type Stopwatch } from './stopwatch.js';

/** Records that `tool` is entered, and returns what records its exit. Both carry `props`. */
export function enterTool(client: Waymark, tool: string, props?: Props): () => void {
  if (typeof document == 'undefined') return () => {};
  let watch: Stopwatch | undefined;
  const enter = () => {
    if (watch) return;
    watch = start();
    client.track('tool_entered', { ...props, tool });
  };
  const exit = () => {
    if (!watch) return;
    client.track('tool_exited', { ...props, tool, seconds: watch.stop() });
    watch = undefined;
  };
  const left = () => {
    exit();
    // The SDK may have heard of the end of the page first, and has sent what it had by then.
    void client.flush();
  };
  const back = ({ persisted }: PageTransitionEvent) => {
    if (persisted) enter();
  };
  addEventListener('pagehide', left);
  addEventListener('pageshow', back);
  enter();
  return () => {
    removeEventListener('pagehide', left);
    removeEventListener('pageshow', back);
    exit();
  };
}
