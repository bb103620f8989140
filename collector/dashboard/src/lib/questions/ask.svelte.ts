/** Asks questions as components live, with what the address says. */
import { untrack } from 'svelte';
import type { Calls } from '../api';
import { asked } from './asked.svelte';
import { Question, type QuestionName } from './question.svelte';

/** What a question takes beside what all do; what of these it says itself takes the place of the address's. */
export type Own<N extends QuestionName> = Omit<Calls[N]['query'], 'site' | 'from' | 'to' | 'zone' | 'filters' | 'segment' | 'bots' | 'compare' | 'format'> &
  Partial<Pick<Calls[N]['query'], Extract<keyof Calls[N]['query'], 'compare' | 'filters' | 'segment' | 'bots'>>>;

/**
 * Asks a question as long as the component lives, with what `own` says beside what the address says. Call it while the
 * component is made. Where `own` gives `null`, nothing is asked.
 */
export function ask<N extends QuestionName>(name: N, own: () => Own<N> | null = () => ({}) as Own<N>): Question<N> {
  const question = new Question(name);
  const query = $derived.by(() => {
    const given = own();
    return given === null || asked.parameters === null ? null : { ...asked.parameters, ...given };
  });
  // A text, so that the same said anew is no reason to ask again.
  const said = $derived(query && JSON.stringify(query));
  $effect(() => {
    if (said !== null) untrack(() => void question.load(JSON.parse(said) as Record<string, string | number>));
  });
  $effect(() => () => question.stop());
  return question;
}
