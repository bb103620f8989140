/**
 * Attribution of one person: what each of their touches is given of their conversions. The API divides by conditions on the
 * session in which a conversion happened, and `user` is one; so it answers for whoever is known as a user, and for nobody else.
 */
import { untrack } from 'svelte';
import { api, isAbort, type Person, type Schemas } from '../../lib/api';
import { dayIn } from '../../lib/questions/range';
import { router } from '../../lib/router/router.svelte';
import { session } from '../../lib/session/session.svelte';
import { creditsOf, type Credit } from './credit';

/** Models that look at one conversion alone; by others no single touch is given anything. */
export const CREDIT_MODELS = ['linear', 'first', 'last', 'last_non_direct', 'time_decay', 'position', 'w_shaped'] as const;
export type CreditModel = (typeof CREDIT_MODELS)[number];

/** Keys whose touches are asked for, each by a request of its own. */
const KEYS = 8;

export class PersonCredit {
  /** What attribution and chances follow from; `null` while nobody is known. */
  moment: string | null = $state(null);
  /** In the address. */
  model: CreditModel = $derived(CREDIT_MODELS.find((one) => one === router.query.get('model')) ?? 'linear');
  answer: Schemas['Answer_Attributed'] | null = $state.raw(null);
  touches: Map<number, Credit[]> = $state.raw(new Map());
  error: unknown = $state.raw(null);
  #loading: AbortController | null = null;

  async load(site: number, timeZone: string, person: Person, model: CreditModel): Promise<void> {
    this.#loading?.abort();
    const loading = new AbortController();
    this.#loading = loading;
    if (person.user_ids.length === 0) return;
    const to = dayIn(Date.now(), timeZone);
    const query = {
      site,
      from: dayIn(person.first_seen, timeZone),
      to,
      filters: JSON.stringify([{ dimension: 'user', op: 'is', values: person.user_ids }]),
      by: 'source' as const,
      lookback: 'all',
      keys: KEYS,
    };
    const ask = (more: { models: string; touches?: string; model?: string }) =>
      api.request('GET /analytics/attribution', { query: { ...query, ...more }, signal: loading.signal });
    try {
      const answer = await ask({ models: CREDIT_MODELS.join() });
      this.answer = answer;
      this.error = null;
      if (Number(answer.data.total.conversions) === 0) return;
      const keys = answer.data.rows.flatMap((row) => (row.key == null || row.key === '' || row.rest ? [] : [row.key]));
      const told = await Promise.all(keys.map((touches) => ask({ models: model, touches, model })));
      this.touches = creditsOf(told.flatMap((one) => one.data.touches ?? []));
    } catch (error) {
      if (!isAbort(error) && !loading.signal.aborted) this.error = error;
    }
  }

  stop(): void {
    this.#loading?.abort();
  }
}

/** Follows a person as long as the component lives: asks when there is more to go by, and not with every page. Call it while the component is made. */
export function creditOf(person: () => Person | null, orders: () => number): PersonCredit {
  const credit = new PersonCredit();
  const moment = $derived.by(() => {
    const one = person();
    return one && `${one.id} ${one.milestones.length} ${one.total_sessions} ${orders()}`;
  });
  $effect(() => {
    const site = session.site;
    const model = credit.model;
    if (moment === null || site === null) return;
    untrack(() => {
      const one = person();
      credit.moment = moment;
      if (one !== null) void credit.load(site.id, site.time_zone, one, model);
    });
    return () => credit.stop();
  });
  return credit;
}
