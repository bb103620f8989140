// RudderStack's client for Node: node rudderstack.mjs <collector> <key>

import Analytics from '@rudderstack/rudder-sdk-node';
import calls from './calls.mjs';

const [dataPlaneUrl, writeKey] = process.argv.slice(2);
const analytics = new Analytics(writeKey, { dataPlaneUrl, flushAt: 12, flushInterval: 100, retryCount: 10 });
// It says of each message when it is through with it. A message is its own to change.
const done = calls.map(
  ([method, message]) =>
    new Promise((resolve, reject) => {
      analytics[method](structuredClone(message), (error) => (error ? reject(error) : resolve()));
    }),
);
await Promise.all(done);
