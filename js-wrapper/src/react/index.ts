'use client';

/**
 * `waymark/react`: the provider and the hooks.
 *
 * Owns when React's components begin and end, counted once under StrictMode, which mounts everything twice in
 * development. What is recorded then is `../adapter`'s; everything else is the API itself, by {@link useWaymark}.
 * Rendering does nothing anywhere, so that a server renders what a browser does.
 */

export { useTrackExport, useTrackGeneration } from './content.js';
export { useMilestone } from './milestone.js';
export { useWaymark, WaymarkContext, WaymarkProvider, type WaymarkProviderProps } from './provider.js';
export { useTool } from './tool.js';
export { useTrack, useTrackClick, useTrackForm, type FormHandlers } from './track.js';
export type { TrackExport } from '../adapter/content.js';
export type * from '../types.js';
