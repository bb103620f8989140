#!/usr/bin/env node
/** `npx waymark`: what the package does on a developer's machine. Needs Node 18 and nothing else. */

import { HELP, types } from './types.js';

const [command, ...args] = process.argv.slice(2);
if (command === 'types') {
  process.exitCode = await types(args, { out: (line) => console.log(line), fail: (line) => console.error(line) });
} else {
  const asked = !command || /^(-h|--help|help)$/.test(command);
  (asked ? console.log : console.error)(asked ? HELP : `waymark: there is no command ${command}\n\n${HELP}`);
  process.exitCode = asked ? 0 : 2;
}
