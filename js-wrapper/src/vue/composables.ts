import {
  inject,
  onActivated,
  onDeactivated,
  onMounted,
  onUnmounted,
  toValue,
  watch,
  type InjectionKey,
  type MaybeRefOrGetter,
} from 'vue';

import { exportsOf, generating, type TrackExport } from '../adapter/content.js';
import { enterTool } from '../adapter/tool.js';
import waymark from '../index.js';
import type { Props, Waymark } from '../types.js';

/** Where the composables look for the API. Provide another one in tests of your components. */
export const waymarkKey: InjectionKey<Waymark> = /* @__PURE__ */ Symbol('waymark');

/** The whole API: `identify`, `conversion`, `consent` and the rest. */
export function useWaymark(): Waymark {
  return inject(waymarkKey, waymark);
}

/** `track`, for whatever has no composable of its own. */
export function useTrack(): Waymark['track'] {
  return useWaymark().track;
}

/**
 * Records that the visitor uses `tool` for as long as the component is on the page: `tool_entered` once, and
 * `tool_exited` with the `seconds` that were spent while the page was visible. `props` are those of the entry.
 */
export function useTool(tool: MaybeRefOrGetter<string>, props?: MaybeRefOrGetter<Props | undefined>): void {
  const client = useWaymark();
  let exit: (() => void) | undefined;
  const enter = () => {
    exit ??= enterTool(client, toValue(tool), toValue(props));
  };
  const leave = () => {
    exit?.();
    exit = undefined;
  };
  onMounted(enter);
  onActivated(enter);
  onDeactivated(leave);
  onUnmounted(leave);
  watch(
    () => toValue(tool),
    () => {
      if (!exit) return;
      leave();
      enter();
    },
  );
}

/** Records the milestone `name` once for each component, as soon as `reached` is true: at once if it is left out. */
export function useMilestone(
  name: string,
  reached: MaybeRefOrGetter<boolean> = true,
  props?: MaybeRefOrGetter<Props | undefined>,
): void {
  const client = useWaymark();
  let recorded = false;
  onMounted(() =>
    watch(
      () => toValue(reached),
      (now) => {
        if (!now || recorded) return;
        recorded = true;
        client.milestone(name, toValue(props));
      },
      { immediate: true },
    ),
  );
}

/** A function that records an export of `content`: `useTrackExport('invoice')('pdf')` is `content_exported`. */
export function useTrackExport(content: string, props?: Props): TrackExport {
  return exportsOf(useWaymark(), content, props);
}

/**
 * `generate`, recorded: `content_generated` or `generation_failed`, with the `seconds` that it took. What it gives or
 * throws is passed on.
 */
export function useTrackGeneration<A extends unknown[], T>(
  content: string,
  generate: (...args: A) => T | PromiseLike<T>,
  props?: Props,
): (...args: A) => Promise<T> {
  const client = useWaymark();
  return (...args) => generating(client, content, () => generate(...args), props);
}
