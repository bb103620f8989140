// What a shop's server tells of one of its users, with Segment's own client for Node: node person.mjs <collector> <key> <ids>
// <ids> is what the SDK's ready() resolves to in the user's browser, as JSON.

import { Analytics } from '@segment/analytics-node';

const [host, writeKey, ids] = process.argv.slice(2);
const { visitorId, sessionId } = JSON.parse(ids);
const analytics = new Analytics({ host, writeKey });
analytics.on('error', (error) => {
  console.error(error);
  process.exitCode = 1;
});
const whose = { userId: 'user-9', anonymousId: visitorId, context: { sessionId } };
analytics.identify({ ...whose, traits: { email: 'ann@shop.example' } });
analytics.track({ ...whose, event: 'fee_agreement_at' });
analytics.track({ ...whose, event: 'first_connection_at' });
await analytics.closeAndFlush();
