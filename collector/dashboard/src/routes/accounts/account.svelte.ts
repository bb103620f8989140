/** One account: its figures, its people and what all of them did. */
import { api, type Entry, type Journey, type List, type Person, type Revenue, type Schemas } from '../../lib/api';
import { Opened } from '../../lib/journey/opened.svelte';

/** What the people of an account add up to. */
export type AccountFigures = Pick<
  Person,
  'stage' | 'stage_at' | 'stages' | 'first_seen' | 'last_seen' | 'total_sessions' | 'total_page_views' | 'total_events' | 'first_touch' | 'milestones'
>;

export interface AccountDetail {
  account: Schemas['Account'];
  /** `null` where nobody of it is shown. */
  figures: AccountFigures | null;
  revenue: Revenue;
  total_people: number;
  people: Person[];
  timeline: List<Entry>;
}

export class AccountPage extends Opened<AccountDetail> {
  protected async ask(page: { cursor?: string; limit: number }, signal?: AbortSignal) {
    // The description lets be left out what the collector always says as null.
    return (await api.request('GET /accounts/{id}', { path: { id: this.id }, query: { site: this.site, ...page }, signal })) as unknown as AccountDetail;
  }

  protected isOfIt(journey: Journey): boolean {
    return journey.account_id === this.id || (this.detail?.people.some((person) => person.visitors.some((one) => one.visitor_id === journey.visitor_id)) ?? false);
  }
}
