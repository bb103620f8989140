/** The rules of insights in words. Pure. */
import { numberFormat } from '../../lib/format/formats';
import { humanize } from '../../lib/format/value';

const RULES: Record<string, { label: string; help: string }> = {
  high_engagement: { label: 'High engagement', help: 'The score is 70 or more.' },
  several_channels: { label: 'Several channels', help: 'Three channels or more within 30 days.' },
  prices_seen: { label: 'Prices seen', help: 'Three views or more of a page of prices within 30 days.' },
  returned: { label: 'Returned', help: 'Away for 30 days or more, and back within the last 7.' },
  going_quiet: { label: 'Going quiet', help: 'Three occasions or more within 30 days, the last of them 14 to 90 days ago.' },
  fading: { label: 'Fading', help: 'There less often than in the 30 days before, by more than chance makes.' },
  no_conversion: { label: 'No conversion', help: 'Eight sessions or more and no order, though there within 30 days.' },
};

/** A newer collector may have rules that this page does not know. */
export const ruleLabel = (rule: string) => RULES[rule]?.label ?? humanize(rule);
export const ruleHelp = (rule: string) => RULES[rule]?.help ?? 'A rule of thumb with fixed thresholds.';

/** `Price views 4 (≥ 3)`. */
export function sayEvidence(one: { figure: string; value: number; asks: string; threshold: number }): string {
  const figure = (value: number) => numberFormat({ maximumFractionDigits: 2 }).format(value);
  return `${humanize(one.figure)} ${figure(one.value)} (${one.asks === 'at_least' ? '≥' : '≤'} ${figure(one.threshold)})`;
}

/** A person's id as `/profiles` takes it: a visitor's without its kind. */
export const profileId = (person: string) => person.replace(/^visitor:/, '');

/** Where somebody's page is. */
export function personPath(person: string): string {
  return person.startsWith('visitor:') ? `/journeys/${encodeURIComponent(profileId(person))}` : `/people/${encodeURIComponent(person)}`;
}
