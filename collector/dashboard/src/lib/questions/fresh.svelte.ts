/** Asks questions again while something comes in, so that who leaves a page open sees figures of now. */
import { live } from '../live/live.svelte';

interface Again {
  again(): void;
}

/**
 * As long as the component lives: at most every `most` milliseconds after something was stored, and, where what passes by
 * itself changes the answer, every `anyway` milliseconds. A tab that nobody sees asks nothing. Call it while the component is made.
 */
export function keepFresh(questions: readonly Again[], most: number, anyway?: number): void {
  $effect(() => {
    let waiting: ReturnType<typeof setTimeout> | undefined;
    let missed = false;
    let asked = -Infinity;
    const again = () => {
      clearTimeout(waiting);
      waiting = undefined;
      asked = Date.now();
      missed = document.hidden;
      if (!missed) for (const question of questions) question.again();
    };
    const soon = () => {
      waiting ??= setTimeout(again, most);
    };
    // A stream that cannot follow says so again and again.
    const silence = live.listen({ entries: soon, resync: () => (Date.now() - asked < most ? soon() : again()) });
    const passing = anyway === undefined ? undefined : setInterval(again, anyway);
    const back = () => {
      if (missed) again();
    };
    document.addEventListener('visibilitychange', back);
    return () => {
      silence();
      clearTimeout(waiting);
      clearInterval(passing);
      document.removeEventListener('visibilitychange', back);
    };
  });
}
