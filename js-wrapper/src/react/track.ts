'use client';

import { useState } from 'react';

import { watchForm } from '../adapter/form.js';
import type { EventArguments, EventName, Props, Waymark } from '../types.js';
import { useLeft, useStable } from './lifetime.js';
import { useWaymark } from './provider.js';

/** `track`, for whatever has no hook of its own. */
export function useTrack(): Waymark['track'] {
  return useWaymark().track;
}

/** A handler for `onClick`, or for any other event, that records `name`. It stays the same from render to render. */
export function useTrackClick<Name extends EventName>(name: Name, ...rest: EventArguments<Name>): () => void {
  const client = useWaymark();
  return useStable(() => client.track(name, ...rest));
}

/** Handlers for a `<form>`. */
export interface FormHandlers {
  onChange: () => void;
  onSubmit: () => void;
}

/**
 * Handlers for a form: `<form {...useTrackForm('signup')}>`.
 *
 * They record `form_started` at the first change, then `form_submitted`, or `form_abandoned` when the form or the page is
 * left before, both with the `seconds` in between. What was typed is not looked at.
 */
export function useTrackForm(form: string, props?: Props): FormHandlers {
  const client = useWaymark();
  const about = useStable(() => ({ ...props, form }));
  const [watch] = useState(() => watchForm(client, about));
  const [handlers] = useState(() => ({ onChange: watch.changed, onSubmit: watch.submitted }));
  useLeft(watch.left);
  return handlers;
}
