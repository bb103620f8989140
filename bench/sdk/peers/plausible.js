import { init, track } from '@plausible-analytics/tracker';

init({
  domain: 'bench.example',
  endpoint: `${location.origin}/peers/plausible`,
  captureOnLocalhost: true,
  logging: false,
});
window.bench.track = () => track('cta_clicked', { props: { place: 'hero' } });
window.bench.ready();
