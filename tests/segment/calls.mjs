// The calls of calls.json, in order: the method of the client, and its message.

import { readFileSync } from 'node:fs';

const { calls, then } = JSON.parse(readFileSync(new URL('calls.json', import.meta.url), 'utf8'));
const [times, last] = then;

export default [...calls, ...Array(times).fill(last)];
