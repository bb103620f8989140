/** What the command palette finds: commands with their words, ranked by how well they match what was typed. Pure. */
import type { IconName } from '../lib/components/Icon.svelte';

export interface Command {
  id: string;
  label: string;
  group: string;
  icon: IconName;
  /** Keys that do the same. */
  keys?: string;
  /** Other words by which it is found. */
  also?: string;
  run: () => void;
}

/**
 * How well a text matches what was typed: letters in their order, better at the beginnings of words and together; 0 where it
 * does not match, and 1 for nothing typed.
 */
export function rank(text: string, typed: string): number {
  const wanted = typed.trim().toLowerCase();
  if (wanted === '') return 1;
  const given = text.toLowerCase();
  const whole = given.indexOf(wanted);
  if (whole === 0) return 100;
  if (whole > 0) return startsWord(given, whole) ? 80 : 40;
  let at = 0;
  let score = 0;
  for (const letter of wanted) {
    if (letter === ' ') continue;
    const next = given.indexOf(letter, at);
    if (next === -1) return 0;
    score += startsWord(given, next) ? 6 : next === at ? 3 : 1;
    at = next + 1;
  }
  return Math.min(30, Math.max(1, Math.round((10 * score) / (wanted.length * 6))));
}

/** The commands that match, the best first, those alike in the order they were given. */
export function find(commands: readonly Command[], typed: string): Command[] {
  return commands
    .map((command, at) => ({ command, at, rank: Math.max(rank(command.label, typed), rank(command.also ?? '', typed) * (command.also ? 0.7 : 0)) }))
    .filter((one) => one.rank > 0)
    .sort((one, other) => other.rank - one.rank || one.at - other.at)
    .map((one) => one.command);
}

function startsWord(text: string, at: number): boolean {
  return at === 0 || /[\s/_-]/.test(text[at - 1] ?? '');
}
