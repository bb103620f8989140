/**
 * One journey: its record, its sessions and its timeline, loaded and then kept up to date live. Sessions and timeline are
 * those of the person, on all of their browsers; of a browser that several people used, they are the browser's own.
 */
import { api, ApiError, isAbort, type Entry, type Journey, type Person, type Revenue, type Scores, type Session } from '../../lib/api';
import { mergeEntries } from '../../lib/journey/merge';
import { groupBySession } from '../../lib/journey/timeline';
import { Fresh } from '../../lib/live/fresh.svelte';
import { live } from '../../lib/live/live.svelte';

const PAGE = 100;
/** A session's sums and a page's visible time are not on the stream; while it moves they are read at most this often. */
const READ_AGAIN_MS = 2000;

export class JourneyDetail {
  journey: Journey | null = $state.raw(null);
  /** Whose browser it is: the user whom it named last, or the browser itself. */
  person: Person | null = $state.raw(null);
  revenue: Revenue | null = $state.raw(null);
  scores: Scores | null = $state.raw(null);
  sessions: Session[] = $state.raw([]);
  entries: Entry[] = $state.raw([]);
  status: 'loading' | 'ready' | 'missing' | 'failed' = $state('loading');
  error: unknown = $state.raw(null);
  cursor: string | null = $state(null);
  busy = $state(false);
  moreError: unknown = $state.raw(null);
  deciding = $state(false);
  decideError: unknown = $state.raw(null);
  readonly fresh = new Fresh();
  /** The journey as it is shown: with what the person did on all of their browsers, where there are several. */
  shown: Journey | null = $derived.by(() => {
    const { journey, person } = this;
    if (journey === null || person === null || person.visitors.length < 2 || this.#isShared(this.id)) return journey;
    const { stage, stage_at, first_seen, last_seen, first_touch, milestones } = person;
    const { total_sessions, total_page_views, total_events } = person;
    const seen = { stage, stage_at, first_seen, last_seen, first_touch, milestones };
    return { ...journey, ...seen, total_sessions, total_page_views, total_events };
  });
  groups = $derived.by(() => groupBySession(this.entries, this.sessions, this.shown?.total_sessions));

  readonly site: number;
  readonly id: string;
  /** Nothing while nothing is under way. */
  #loading: AbortController | null = null;
  #meanwhile: Entry[] = [];
  #again: ReturnType<typeof setTimeout> | undefined;

  /** `known` is the journey as a list has it, to be shown until the answer is here. */
  constructor(site: number, id: string, known: Journey | null) {
    this.site = site;
    this.id = id;
    this.journey = known;
  }

  /** Loads and follows the journey until the returned function is called. */
  open(): () => void {
    const silence = live.listen({
      entries: (entries) => this.#arrived(entries),
      journeys: (journeys) => {
        const mine = journeys.find((journey) => journey.visitor_id === this.id);
        if (mine === undefined) return;
        this.journey = mine;
        this.#readAgainSoon();
      },
      resync: () => void this.load(),
    });
    void this.load();
    return () => {
      silence();
      clearTimeout(this.#again);
      this.#again = undefined;
      this.#loading?.abort();
    };
  }

  async load(): Promise<void> {
    this.#loading?.abort();
    const loading = new AbortController();
    this.#loading = loading;
    this.#meanwhile = [];
    if (this.status === 'failed') this.status = 'loading';
    try {
      const [visitor, person] = await Promise.all([
        api.visitor(this.site, this.id, { limit: PAGE, signal: loading.signal }),
        api.person(this.site, `visitor:${this.id}`, { limit: PAGE, signal: loading.signal }),
      ]);
      if (loading.signal.aborted) return;
      this.journey = visitor.journey;
      this.person = person.person;
      const answer = this.#isShared(this.id) ? visitor : person;
      this.revenue = answer.revenue;
      this.scores = answer;
      this.sessions = answer.sessions;
      this.entries = mergeEntries(mergeEntries(this.entries, answer.timeline.data), this.#meanwhile);
      if (this.status !== 'ready') this.cursor = answer.timeline.next_cursor;
      this.status = 'ready';
      this.error = null;
    } catch (error) {
      if (isAbort(error) || loading.signal.aborted || this.status === 'ready') return;
      // 400 means an id that is no id: to whoever followed the link, a journey that is not there.
      const missing = error instanceof ApiError && (error.status === 404 || error.status === 400);
      this.error = error;
      this.status = missing ? 'missing' : 'failed';
    } finally {
      if (this.#loading === loading) this.#loading = null;
    }
  }

  /** Says that the visitor is a bot, or none, or what the rules say (`null`). */
  async decideBot(bot: boolean | null): Promise<void> {
    this.deciding = true;
    this.decideError = null;
    try {
      this.journey = await api.decideBot(this.site, this.id, bot);
      // What is still on its way was asked before this was decided.
      void this.load();
    } catch (error) {
      this.decideError = error;
    } finally {
      this.deciding = false;
    }
  }

  async more(): Promise<void> {
    if (this.busy || this.cursor === null) return;
    this.busy = true;
    this.moreError = null;
    try {
      const page = { cursor: this.cursor, limit: PAGE };
      const answer = this.#isShared(this.id)
        ? await api.visitor(this.site, this.id, page)
        : await api.person(this.site, `visitor:${this.id}`, page);
      this.entries = mergeEntries(answer.timeline.data, this.entries);
      this.cursor = answer.timeline.next_cursor;
    } catch (error) {
      this.moreError = error;
    } finally {
      this.busy = false;
    }
  }

  #arrived(entries: Entry[]): void {
    const own = new Set([this.id]);
    if (!this.#isShared(this.id)) for (const visitor of this.person?.visitors ?? []) own.add(visitor.visitor_id);
    const ofOwn = (entry: Entry) => entry.visitor_id !== null && own.has(entry.visitor_id);
    const known = entries.filter((entry) => (entry.interaction === null ? ofOwn(entry) : this.#isWith(entry.interaction.person)));
    // Whose an entry of another browser is that several people use, the collector says.
    const mine = known.filter((entry) => entry.interaction !== null || entry.visitor_id === this.id || !this.#isShared(entry.visitor_id));
    if (mine.length < known.length) this.#readAgainSoon();
    if (mine.length === 0) return;
    this.#meanwhile.push(...mine);
    this.entries = mergeEntries(this.entries, mine);
    this.fresh.mark(mine.map((entry) => entry.id));
    if (this.status === 'missing') void this.load();
    else this.#readAgainSoon();
  }

  /** Whether an interaction is the person's. On the page of a browser that several use, only those that the collector shows. */
  #isWith(person: string | null): boolean {
    if (person === null || this.person === null || this.#isShared(this.id)) return false;
    const ids = [...this.person.user_ids.map((id) => `user:${id}`), ...this.person.visitors.map((one) => `visitor:${one.visitor_id}`)];
    return ids.includes(person);
  }

  #isShared(visitorId: string | null): boolean {
    return this.person?.visitors.some((visitor) => visitor.visitor_id === visitorId && visitor.shared) ?? false;
  }

  #readAgainSoon(): void {
    this.#again ??= setTimeout(() => {
      this.#again = undefined;
      // What takes longer than this would never be answered.
      if (this.#loading !== null) this.#readAgainSoon();
      else void this.load();
    }, READ_AGAIN_MS);
  }
}
