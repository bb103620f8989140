/**
 * JavaScript errors and rejections that nobody handled: what, in which file, in which line.
 *
 * An error is told once for each page view, and so many of them. Quoted text goes out of messages, because engines quote
 * what they could not read; so do queries, and what looks like an address or a number of a person.
 */

import { unentered } from './element.js';
import { HIGH, listen, send, watch } from './page.js';
import { cut, plain } from './text.js';

/** Errors of one page view. */
const ERRORS = 10;

/** Characters of a message. */
const MESSAGE = 200;

/** The first place that a stack names: file and line. */
export const placed = (stack: unknown): string[] => /(\w+:\/\/[^\s()]+?):(\d+):\d+/.exec(`${stack}`)?.slice(1) ?? [];

/** A message without what may come from a visitor. */
export const message = (text: string): string | undefined =>
  plain(text.slice(0, 1_000).replace(/"[^]*"|`[^]*`|“[^]*”/, '"*"'), MESSAGE);

/** A file's address without query. */
export const source = (file: string | undefined): string | undefined =>
  file && !/^(data|blob):/.test(file) ? cut(file.split(/[?#]/)[0], 300) : undefined;

/** Watches for errors. */
export function watchErrors(): void {
  let told = new Set<string>();
  watch((moment) => {
    if (moment != 'hidden') told = new Set();
  });

  const tell = (kind: string, text: string, file: string | undefined, line: number) => {
    const props = { kind, message: message(unentered(text)), source: source(file), line: line || undefined };
    const key = JSON.stringify(props);
    if (!props.message || told.has(key) || told.size >= ERRORS) return;
    told.add(key);
    send('js_error', props, HIGH);
  };

  // Images and scripts that cannot be loaded are the target of theirs.
  listen(window, 'error', (event) => {
    const { target, message, filename, lineno } = event as ErrorEvent;
    if (target == window && message) tell('error', message, filename, lineno);
  });
  listen(window, 'unhandledrejection', (event) => {
    const reason: unknown = (event as PromiseRejectionEvent).reason;
    const { name, message, stack } = Object(reason) as Partial<Error>;
    const [file, line] = placed(stack);
    // What is no error may be anything, an answer of a server too.
    const text = reason instanceof Error ? `${name}: ${message}` : typeof reason == 'string' ? reason : typeof reason;
    tell('unhandledrejection', text, file, +(line ?? 0));
  });
}
