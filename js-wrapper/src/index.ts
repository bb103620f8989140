/**
 * The npm package: the same API as the script tag's, as an ES module.
 *
 * Owns nothing but the names. Importing it touches no storage and no network; under Node, where there is no document,
 * every call does nothing, so that a site may use it in code that is also rendered on a server.
 */

import { jsEngine, wasmEngine } from './engine.js';
import { join, run } from './loader.js';
import { stub } from './stub.js';
import type {
  ConsentState,
  ConversionArguments,
  EventArguments,
  EventName,
  Ids,
  InitOptions,
  PageOptions,
  Props,
  Traits,
  Waymark,
} from './types.js';

export type * from './types.js';

/** The version of this package. */
export const version: string = __VERSION__;

// Made at the import and not at init(): the landing is noted before a router starts.
const api = typeof document == 'undefined' ? undefined : stub();
let started = false;

function send(method: keyof Waymark, ...args: unknown[]): unknown {
  return (api?.[method] as undefined | ((...args: unknown[]) => unknown))?.(...args);
}

/** See {@link Waymark.init}. */
export function init(options: InitOptions): void {
  if (!api) return;
  try {
    // Called twice by React's StrictMode, by hot reload, by two widgets: once is enough.
    if (started || join(api)) return;
    started = true;
    const wasm = options.wasmUrl ?? new URL('./waymark_bg.wasm', import.meta.url);
    const engines = [wasmEngine(wasm), jsEngine(() => import('./fallback.js'))];
    void run(
      api,
      { ...options },
      engines,
      () => import('./inspector.js'),
      () => import('./autocapture.js'),
      () => import('./linker.js'),
      () => import('./google.js'),
    );
  } catch (error) {
    console.warn('[waymark] init', error);
  }
}

/** See {@link Waymark.page}. */
export function page(options?: PageOptions): void {
  send('page', options);
}

/** See {@link Waymark.track}. */
export function track<Name extends EventName>(name: Name, ...rest: EventArguments<Name>): void {
  send('track', name, ...rest);
}

/** See {@link Waymark.identify}. */
export function identify(userId: string, traits?: Traits): void {
  send('identify', userId, traits);
}

/** See {@link Waymark.alias}. */
export function alias(userId: string, previousId?: string): void {
  send('alias', userId, previousId);
}

/** See {@link Waymark.group}. */
export function group(accountId: string, traits?: Traits): void {
  send('group', accountId, traits);
}

/** See {@link Waymark.register}. */
export function register(props: Props): void {
  send('register', props);
}

/** See {@link Waymark.unregister}. */
export function unregister(names: string | readonly string[]): void {
  send('unregister', names);
}

/** See {@link Waymark.milestone}. */
export function milestone(name: string, props?: Props): void {
  send('milestone', name, props);
}

/** See {@link Waymark.conversion}. */
export function conversion<Name extends EventName>(name: Name, ...rest: ConversionArguments<Name>): void {
  send('conversion', name, ...rest);
}

/** See {@link Waymark.consent}. */
export function consent(state: ConsentState): void {
  send('consent', state);
}

/** See {@link Waymark.optOut}. */
export function optOut(): void {
  send('optOut');
}

/** See {@link Waymark.optIn}. */
export function optIn(): void {
  send('optIn');
}

/** See {@link Waymark.reset}. */
export function reset(): void {
  send('reset');
}

/** See {@link Waymark.flush}. */
export function flush(): Promise<number> {
  return (send('flush') as Promise<number> | undefined) ?? Promise.resolve(0);
}

/** See {@link Waymark.ready}. */
export function ready(): Promise<Ids | null> {
  return (send('ready') as Promise<Ids | null> | undefined) ?? Promise.resolve(null);
}

const waymark: Waymark = {
  init,
  page,
  track,
  identify,
  alias,
  group,
  register,
  unregister,
  milestone,
  conversion,
  consent,
  optOut,
  optIn,
  reset,
  flush,
  ready,
};
export default waymark;
