// What Waymark does not do either is off, which makes it faster than as installed.
import posthog from 'posthog-js';

posthog.init('phc_bench', {
  api_host: `${location.origin}/peers/posthog`,
  // Headless browsers count as bots.
  opt_out_useragent_filter: true,
  autocapture: false,
  capture_performance: false,
  capture_exceptions: false,
  capture_heatmaps: false,
  capture_dead_clicks: false,
  disable_session_recording: true,
  disable_surveys: true,
  disable_external_dependency_loading: true,
  loaded: () => window.bench.ready(),
});
window.bench.track = () => posthog.capture('cta_clicked', { place: 'hero' });
