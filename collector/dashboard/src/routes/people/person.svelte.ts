/** One person, with everything on all of their browsers. */
import { api, type Journey, type PersonDetail } from '../../lib/api';
import { Opened } from '../../lib/journey/opened.svelte';

export class PersonPage extends Opened<PersonDetail> {
  protected ask(page: { cursor?: string; limit: number }, signal?: AbortSignal) {
    return api.person(this.site, this.id, { ...page, signal });
  }

  protected isOfIt(journey: Journey): boolean {
    const person = this.detail?.person;
    return (person?.visitors.some((one) => one.visitor_id === journey.visitor_id) ?? false) || (journey.user_id !== null && (person?.user_ids.includes(journey.user_id) ?? false));
  }
}
