/** Why items are not stored, as people read it and as they mend it. */
import type { Schemas } from '../../lib/api';

export type Reason = Schemas['Reason'];

export const REASONS: Record<Reason, { label: string; means: string }> = {
  invalid_field: { label: 'A field that cannot be read', means: 'A required field is missing or is not what it has to be. The field says where: mend what sends it.' },
  unknown_type: { label: 'An unknown type', means: 'This collector does not know the item’s type. The sender is newer than the collector, or not an SDK of ours.' },
  too_large: { label: 'Too large', means: 'A text, an object or the whole item is over its limit.' },
  invalid_time: { label: 'A time that cannot be true', means: 'Too far from now, even with the sender’s clock corrected.' },
  unknown_event: { label: 'Not in the catalogue', means: 'The catalogue rejects events that it does not know. Adopt the event and try the item again.' },
  invalid_props: { label: 'Not as the catalogue says', means: 'The event’s properties are not as described. Mend the page or the catalogue, and try the item again.' },
  rejected: { label: 'Refused by the database', means: 'The database took the items around it and not this one.' },
  erased: { label: 'Of somebody who was erased', means: 'Counted, and not kept here.' },
  expired: { label: 'Older than what the site keeps', means: 'Counted, and not kept here.' },
  store_unavailable: { label: 'The database was away', means: 'It was to be sent again later.' },
};

export function isReason(text: string | null): text is Reason {
  return text !== null && Object.hasOwn(REASONS, text);
}

export const sayReason = (reason: string) => (isReason(reason) ? REASONS[reason].label : reason);
