import { newTracker, trackPageView, trackStructEvent } from '@snowplow/browser-tracker';

newTracker('bench', `${location.origin}/peers/snowplow`, { appId: 'bench', stateStorageStrategy: 'cookieAndLocalStorage' });
trackPageView();
window.bench.track = () => trackStructEvent({ category: 'cta', action: 'cta_clicked', label: 'hero' });
window.bench.ready();
