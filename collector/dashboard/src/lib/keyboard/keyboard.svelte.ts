/** The keyboard of the running app. A view binds its keys while it is mounted; the latest binding of a key wins. */
import { createMatcher } from './keys';

type Action = (event: KeyboardEvent) => void;

const bound = new Map<string, Action[]>();

const matcher = createMatcher(
  (binding) => bound.has(binding),
  (key) => [...bound.keys()].some((binding) => binding.startsWith(`${key} `)),
);

/** Binds keys until the returned function is called; made to be returned from an `$effect`. */
export function bindKeys(actions: Record<string, Action>): () => void {
  for (const [binding, action] of Object.entries(actions)) bound.set(binding, [...(bound.get(binding) ?? []), action]);
  return () => {
    for (const [binding, action] of Object.entries(actions)) {
      const rest = (bound.get(binding) ?? []).filter((other) => other !== action);
      if (rest.length === 0) bound.delete(binding);
      else bound.set(binding, rest);
    }
  };
}

/** Call once. */
export function startKeyboard(): void {
  addEventListener('keydown', (event) => {
    if (event.defaultPrevented || event.isComposing || document.querySelector('dialog[open]')) return;
    const target = event.target instanceof HTMLElement ? event.target : null;
    // Menus, lists of choices and popovers have keys of their own.
    if (target?.closest('[role=menu], [role=listbox], [role=dialog], .floating')) return;
    const binding = matcher.press({
      key: event.key,
      at: event.timeStamp,
      modified: event.ctrlKey || event.metaKey || event.altKey,
      command: (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey,
      inField: target !== null && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName)),
    });
    if (binding === null) return;
    event.preventDefault();
    bound.get(binding)?.at(-1)?.(event);
  });
}

/** Moves the focus up or down through the elements that match, starting at the first. */
export function moveFocus(selector: string, step: 1 | -1): void {
  const all = [...document.querySelectorAll<HTMLElement>(selector)];
  const at = all.findIndex((element) => element === document.activeElement);
  const next = all[at === -1 ? 0 : Math.min(Math.max(at + step, 0), all.length - 1)];
  next?.focus();
  next?.scrollIntoView({ block: 'nearest' });
}

/** The keys of a list of rows with a field to search it by; bound until the returned function is called. */
export function bindListKeys(): () => void {
  return bindKeys({
    j: () => moveFocus('[data-row]', 1),
    ArrowDown: () => moveFocus('[data-row]', 1),
    k: () => moveFocus('[data-row]', -1),
    ArrowUp: () => moveFocus('[data-row]', -1),
    '/': () => document.getElementById('search')?.focus(),
    Escape: () => (document.activeElement as HTMLElement | null)?.blur(),
  });
}
