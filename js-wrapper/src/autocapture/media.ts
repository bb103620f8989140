/**
 * Video and audio elements: started, a quarter, half and three quarters played, completed.
 *
 * What was played is what the browser says was played: skipping over a part does not count, nor does playing it twice.
 * Decoration, which is muted and plays on its own for ever, is not noticed.
 */

import { attribute, elements, marks } from './element.js';
import { listen, send } from './page.js';
import { bare, plain } from './text.js';

/** Seconds by which browsers miss the end. */
const SLACK = 0.3;

/** Percents played; 0 is the start. */
const STEPS = [0, 25, 50, 75, 100];

/** How much of `duration` was played, in percent, by the time ranges that were. */
export function percent(played: TimeRanges, duration: number): number {
  let sum = 0;
  for (let i = 0; i < played.length; i++) sum += played.end(i) - played.start(i);
  return sum >= duration - SLACK ? 100 : (sum / duration) * 100 || 0;
}

/** Watches media elements. */
export function watchMedia(): void {
  const known = new WeakMap<Element, [source: string, next: number]>();
  listen(document, 'playing timeupdate ended', (event) => {
    const media = event.target as HTMLMediaElement;
    const { currentSrc: source, played, duration } = media;
    // Before the first frame there is nothing played, and of what has no end no part is known.
    if (!played?.length || (media.autoplay && media.muted && media.loop)) return;
    let [before, next] = known.get(media) ?? ['', 0];
    if (before != source) next = 0;
    if (next > 4) return;
    const path = elements(event);
    const reached = path.length ? percent(played, duration) : -1;
    while (next < 5 && STEPS[next]! <= reached) {
      send(next ? (next > 3 ? 'video_completed' : 'video_progress') : 'video_started', {
        element: media.localName,
        element_id: attribute(media, 'id'),
        video_title: plain(attribute(media, 'aria-label') || media.title),
        video_url: /^https?:/.test(source) ? bare(new URL(source)) : undefined,
        video_duration: isFinite(duration) ? Math.round(duration) : undefined,
        video_percent: STEPS[next],
        ...marks(path),
      });
      next++;
    }
    known.set(media, [source, next]);
  });
}
