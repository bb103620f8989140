// Segment's own client for Node: node node.mjs <collector> <key>

import { Analytics } from '@segment/analytics-node';
import calls from './calls.mjs';

const [host, writeKey] = process.argv.slice(2);
const analytics = new Analytics({ host, writeKey, flushAt: 12, flushInterval: 100, maxRetries: 10 });
analytics.on('error', (error) => {
  console.error(error);
  process.exitCode = 1;
});
for (const [method, message] of calls) analytics[method](message);
await analytics.closeAndFlush();
