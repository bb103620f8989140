/** The types that `npx waymark types` writes, in a site's code: what has to compile does, and what is wrong does not. */

import waymark, { conversion, track, type EventName, type EventProps } from 'waymark';
import { useTrack, useTrackClick } from 'waymark/react';
import type { Tracked } from 'waymark/vue';

track('opened');
track('opened', { any: 'thing' }, { impact: 'high' });
track('cta clicked', { place: 'hero' });
track('cta clicked');
track('plan_chosen', { plan: 'pro', seats: null, price: 'free' });
track('plan_chosen', { plan: "it's */ odd", seats: 3, price: 9.5 });
track('bought', { lines: [{ sku: 'a' }, { sku: 'b', n: 2 }], tags: ['a', 1], other: true });
track('bought', { lines: [], address: { city: 'Bonn', zip: 53111 } });
track('measured', { ms: 12 });
track('closed');
waymark.track('plan_chosen', { plan: 'free' });

// @ts-expect-error No such event.
track('plan_choosen', { plan: 'pro' });
// @ts-expect-error A property is required.
track('plan_chosen');
// @ts-expect-error A property is required.
track('plan_chosen', { seats: 1 });
// @ts-expect-error No such value.
track('plan_chosen', { plan: 'gold' });
// @ts-expect-error No such property.
track('plan_chosen', { plan: 'pro', colour: 'red' });
// @ts-expect-error Another type.
track('plan_chosen', { plan: 'pro', seats: '3' });
// @ts-expect-error Neither of them.
track('plan_chosen', { plan: 'pro', price: 'cheap' });
// @ts-expect-error A line has a sku.
track('bought', { lines: [{ n: 1 }] });
// @ts-expect-error A city is required.
track('bought', { lines: [], address: { zip: '53111' } });
// @ts-expect-error Neither text nor number.
track('bought', { lines: [], tags: [true] });
// @ts-expect-error Numbers alone.
track('measured', { ms: '12' });
// @ts-expect-error No properties.
track('closed', { reason: 'done' });
// @ts-expect-error No such impact.
track('opened', {}, { impact: 'huge' });
// @ts-expect-error No such event.
waymark.track('nothing');

conversion('plan_chosen', { plan: 'pro', value: '49.90', currency: 'EUR' });
conversion('opened');
// @ts-expect-error A property is required.
conversion('plan_chosen', { value: '49.90' });
// @ts-expect-error No such event.
conversion('sold');

const send = useTrack();
send('plan_chosen', { plan: 'pro' });
// @ts-expect-error No such event.
send('nothing');
useTrackClick('plan_chosen', { plan: 'free' });
// @ts-expect-error A property is required.
useTrackClick('plan_chosen');

const tracked: Tracked = { name: 'opened' };
// @ts-expect-error No such event.
const wrong: Tracked = 'nothing';

const name: EventName = 'measured';
const props: EventProps<'plan_chosen'> = { plan: 'pro' };
// What is one of several goes with each of them.
for (const either of ['opened', 'closed'] as const) track(either);
void [tracked, wrong, name, props];
