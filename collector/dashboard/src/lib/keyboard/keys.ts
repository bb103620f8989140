/** Key presses to commands: single keys, two pressed one after the other such as `g j`, and `mod k` for Ctrl+K or ⌘K. Pure. */

/** How long the second key of a pair may take. */
export const PAIR_MS = 1200;

/** How `mod k` is written on what `navigator.platform` names: Apple's computers, tablets and phones have a key of their own. */
export function commandKey(platform: string): string {
  return /^(Mac|iP)/.test(platform) ? '⌘K' : 'Ctrl K';
}

export interface Press {
  key: string;
  at: number;
  /** With Control, Alt or Command held: the browser's own business. */
  modified: boolean;
  /** With Control or ⌘ held and nothing else. */
  command?: boolean;
  /** Typed into a field, where letters are letters. */
  inField: boolean;
}

export interface Matcher {
  /** The binding that this press completes, such as `j`, `ArrowDown` or `g l`; `null` if none. */
  press(press: Press): string | null;
}

export function createMatcher(has: (binding: string) => boolean, startsPair: (key: string) => boolean): Matcher {
  let first: { key: string; at: number } | null = null;
  return {
    press({ key, at, modified, command = false, inField }) {
      const open = first !== null && at - first.at <= PAIR_MS ? first.key : null;
      first = null;
      if (command && has(`mod ${key.toLowerCase()}`)) return `mod ${key.toLowerCase()}`;
      if (modified || (inField && key !== 'Escape')) return null;
      if (open !== null && has(`${open} ${key}`)) return `${open} ${key}`;
      if (startsPair(key)) {
        first = { key, at };
        return null;
      }
      return has(key) ? key : null;
    },
  };
}
