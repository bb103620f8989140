/** The one client of the running app. Tests make their own with `createClient`. */
import { createClient } from './client';
import { upload, type Upload } from './upload';

let signedOut: () => void = () => {};

/** Says what happens when the API answers that nobody is signed in. */
export function onSignedOut(handler: () => void): void {
  signedOut = handler;
}

export const api = createClient({
  fetch: (input, init) => fetch(input, init),
  onSignedOut: () => signedOut(),
});

/** Sends a file to a call that takes one. */
export const sendFile = <T>(given: Omit<Upload, 'onSignedOut'>): Promise<T> => upload<T>({ ...given, onSignedOut: () => signedOut() });

export { addressOf, createClient, isAbort, queryString, type Given } from './client';
export { ApiError, explain } from './errors';
export type { Calls, Schemas } from './schema';
export type * from './filters';
export type * from './types';
export { ENTRY_TYPES } from './types';
