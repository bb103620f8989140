/** What a destination gets, as a form has it and as a sentence. Pure. */
import type { Schemas } from '../../lib/api';

export type Wants = Schemas['Wants'];

export interface WantsDraft {
  milestones: string;
  events: string;
  conversions: boolean;
  needsConsent: boolean;
}

export const NOTHING: WantsDraft = { milestones: '', events: '', conversions: true, needsConsent: false };

export function draftOf(wants: Wants): WantsDraft {
  return { milestones: (wants.milestones ?? []).join(', '), events: (wants.events ?? []).join(', '), conversions: wants.conversions ?? false, needsConsent: wants.needs_consent ?? false };
}

/** What is called something else there stays so. */
export function wantsOf(draft: WantsDraft, before: Wants = {}): Wants {
  return {
    milestones: namesOf(draft.milestones),
    events: namesOf(draft.events),
    conversions: draft.conversions,
    needs_consent: draft.needsConsent,
    ...(before.renamed === undefined ? {} : { renamed: before.renamed }),
  };
}

/** Names between commas; an event's name may have blanks in it. */
export function namesOf(text: string): string[] {
  return [...new Set(text.split(',').map((one) => one.trim()))].filter((one) => one !== '');
}

export function sayWants(wants: Wants): string {
  const list = (what: string, names: readonly string[] = []) => (names.length === 0 ? [] : names.includes('*') ? [`every ${what}`] : [`${what}s ${names.join(', ')}`]);
  const parts = [...list('milestone', wants.milestones), ...list('event', wants.events), ...(wants.conversions ? ['conversions'] : [])];
  if (parts.length === 0) return 'gets nothing yet';
  return `gets ${parts.join('; ')}${wants.needs_consent ? ', only with consent' : ''}`;
}
