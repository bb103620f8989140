/** Files on their way in: looked at first, then imported, one after the other. */
import { api, isAbort, queryString, sendFile } from '../../../lib/api';
import { goesOn, mapOf, type Import, type Kind } from './ways';

/** How often it is asked how far an import is. */
const ASK_MS = 700;

/** A file and what became of it. */
export interface Taken {
  file: File;
  import: Import | null;
  error: unknown;
}

export class Flow {
  kind: Kind = $state('sessions');
  files: Taken[] = $state.raw([]);
  zone = $state('UTC');
  format: '' | 'csv' | 'jsonl' = $state('');
  delimiter = $state('');
  /** Columns of fields that were chosen otherwise than they were found. */
  chosen: Record<string, string> = $state({});
  /** What the files were taken for. */
  step: 'choose' | 'looked' | 'done' = $state('choose');
  busy: 'looking' | 'importing' | null = $state(null);
  /** Which of them is on its way, and which part of it. */
  place = $state(0);
  sent = $state(0);
  #stop: AbortController | null = null;

  constructor(readonly site: number) {}

  take(files: Iterable<File>, many: boolean): void {
    const all = [...files].sort((one, other) => one.name.localeCompare(other.name, 'en'));
    this.files = (many ? all : all.slice(0, 1)).map((file) => ({ file, import: null, error: null }));
    this.chosen = {};
    this.step = 'choose';
  }

  turnTo(kind: Kind): void {
    this.kind = kind;
    this.take([], false);
  }

  /** Asks to end what goes on; what was stored stays. */
  async end(): Promise<void> {
    const going = this.files[this.place]?.import;
    this.#stop?.abort();
    if (going && goesOn(going)) await api.request('DELETE /sites/{id}/imports/{import}', { path: { id: this.site, import: going.id } }).catch(() => {});
  }

  /** Looks at all files, or imports them. What fails is no reason not to go on with the others. */
  async run(busy: 'looking' | 'importing'): Promise<void> {
    if (this.busy) return;
    this.busy = busy;
    const stop = new AbortController();
    this.#stop = stop;
    this.files = this.files.map(({ file }) => ({ file, import: null, error: null }));
    for (let place = 0; place < this.files.length && !stop.signal.aborted; place += 1) {
      this.place = place;
      this.sent = 0;
      await this.#one(place, busy === 'looking', stop.signal);
    }
    this.busy = null;
    this.step = busy === 'looking' ? 'looked' : 'done';
  }

  async #one(place: number, dry: boolean, signal: AbortSignal): Promise<void> {
    const taken = this.files[place];
    if (!taken) return;
    const sessions = this.kind === 'sessions';
    const query = queryString({
      kind: this.kind,
      dry_run: dry,
      file: taken.file.name,
      time_zone: this.zone,
      ...(sessions ? { format: this.format, delimiter: this.delimiter, map: mapOf(this.chosen) } : {}),
    });
    try {
      let one = await sendFile<Import>({ path: `/sites/${this.site}/imports${query}`, file: taken.file, onSent: (part) => (this.sent = part), signal });
      this.#put(place, { import: one });
      while (goesOn(one)) {
        await new Promise((resolve) => setTimeout(resolve, ASK_MS));
        one = await api.request('GET /sites/{id}/imports/{import}', { path: { id: this.site, import: one.id } });
        this.#put(place, { import: one });
      }
    } catch (error) {
      if (!isAbort(error)) this.#put(place, { error });
    }
  }

  #put(place: number, what: Partial<Taken>): void {
    this.files = this.files.map((one, at) => (at === place ? { ...one, ...what } : one));
  }
}
