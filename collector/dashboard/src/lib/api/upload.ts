/**
 * A file as the body of a request. The client's calls are answered before they are long; this one tells how much of it is on its way,
 * which `fetch` does not.
 */
import { ApiError, readError } from './errors';

export interface Upload {
  /** The path with its query, below `/api/v1`. */
  path: string;
  file: Blob;
  /** A part of one. */
  onSent?: (part: number) => void;
  signal?: AbortSignal;
  onSignedOut?: () => void;
}

export function upload<T>({ path, file, onSent, signal, onSignedOut }: Upload): Promise<T> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const abort = () => request.abort();
    request.open('POST', `/api/v1${path}`);
    request.setRequestHeader('accept', 'application/json');
    request.setRequestHeader('content-type', 'application/octet-stream');
    request.upload.onprogress = (event) => onSent?.(event.lengthComputable && event.total > 0 ? event.loaded / event.total : 0);
    request.onload = () => {
      if (request.status >= 200 && request.status < 300) {
        try {
          resolve(JSON.parse(request.responseText) as T);
        } catch {
          reject(new ApiError(request.status, 'not_json', 'The answer is not the collector’s.'));
        }
        return;
      }
      const error = readError(request.status, request.responseText, request.getResponseHeader('retry-after'));
      if (error.code === 'unauthenticated') onSignedOut?.();
      reject(error);
    };
    request.onerror = () => reject(new ApiError(0, 'unreachable', 'No connection.'));
    request.onabort = () => reject(new DOMException('Nobody wants it any more.', 'AbortError'));
    request.onloadend = () => signal?.removeEventListener('abort', abort);
    signal?.addEventListener('abort', abort);
    if (signal?.aborted) abort();
    else request.send(file);
  });
}
