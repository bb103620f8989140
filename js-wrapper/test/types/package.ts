/** The types of `waymark`, as a site's code meets them: what has to compile does, and what is wrong does not. */

import waymark, { init, track, type Ids, type InitOptions, type Waymark } from 'waymark';

init({ key: 'wk_1', endpoint: 'https://collector.example' });
init({ key: 'wk_1', endpoint: 'https://collector.example', wasmUrl: new URL('https://cdn.example/w.wasm') });
// @ts-expect-error The endpoint is needed.
init({ key: 'wk_1' });
// @ts-expect-error No such setting.
init({ key: 'wk_1', endpoint: '', flushEvery: 5 });
// @ts-expect-error No such state.
const options: InitOptions = { key: '', endpoint: '', consent: 'maybe' };

track('cta_clicked', { place: 'hero' }, { impact: 'high' });
// @ts-expect-error A name is needed.
track();
// @ts-expect-error Properties are an object.
track('cta_clicked', 'hero');
// @ts-expect-error No such impact.
track('cta_clicked', {}, { impact: 'huge' });

waymark.conversion('plan_bought', { value: '49.90', currency: 'EUR', plan: 'team' });
// @ts-expect-error An amount is a number or its text.
waymark.conversion('plan_bought', { value: true });
// @ts-expect-error A user has an id.
waymark.identify({ plan: 'team' });

const left: Promise<number> = waymark.flush();
const ids: Promise<Ids | null> = waymark.ready();
// @ts-expect-error There may be none.
const surely: Promise<Ids> = waymark.ready();

// @ts-expect-error An object with some of the calls is not the API.
const partial: Waymark = { track };
