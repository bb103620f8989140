/** The inline snippet: `window.waymark` from first paint. The script tag takes over what it finds there. */

import { stub, type Stub } from './stub.js';

const page = window as unknown as Record<string, Stub | undefined>;
if (!page['waymark']?.q) page['waymark'] = stub();
