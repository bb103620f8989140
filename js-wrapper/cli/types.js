/**
 * `npx waymark types`: from an event catalogue to a declaration file.
 *
 * Owns the arguments and where the catalogue comes from. What a catalogue may be is `catalogue.js`, what it becomes is
 * `declarations.js`.
 */

import { readFile, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';

import { checkCatalogue } from './catalogue.js';
import { declarations } from './declarations.js';

export const HELP = `Usage: waymark types [FILE] [options]

Writes TypeScript types of a site's events, so that waymark.track() knows their names and properties.

  FILE             the event catalogue [default: waymark.events.json]
  --out PATH       the file to write [default: waymark.events.d.ts]
  --url URL        take the catalogue from this collector instead of a file; needs --key
  --key KEY        the site's write key, wk_…
  --loose          let other events pass, with any properties
  --check          write nothing; exit with 1 if the file is not what would be written
  -h, --help       print this`;

/** What is wrong, for the last line that is printed. */
class Failure extends Error {}

/** The arguments as settings. */
function read(args) {
  const settings = { file: undefined, out: 'waymark.events.d.ts' };
  const rest = [...args];
  while (rest.length) {
    const [, name, given] = /^(--?[a-z]+)(?:=(.*))?$/s.exec(rest[0]) ?? [];
    const argument = rest.shift();
    const value = () => {
      const text = given ?? rest.shift();
      if (!text) throw new Failure(`${name} needs a value`);
      return text;
    };
    if (name === '-h' || name === '--help') settings.help = true;
    else if (name === '--check' || name === '--loose') settings[name.slice(2)] = true;
    else if (name === '--out' || name === '--url' || name === '--key') settings[name.slice(2)] = value();
    else if (argument.startsWith('-')) throw new Failure(`there is no option ${argument}`);
    else if (settings.file !== undefined) throw new Failure(`one file is enough: ${settings.file}, ${argument}`);
    else settings.file = argument;
  }
  if (settings.url && settings.file) throw new Failure('a file or --url, not both');
  if (!settings.url !== !settings.key) throw new Failure('--url and --key go together');
  return settings;
}

/** The collector's address of the catalogue, from its origin or from the URL that takes events. */
function address(url, key) {
  let address;
  try {
    address = new URL(url);
  } catch {
    throw new Failure(`--url ${url}: this is no URL`);
  }
  address = new URL(address.pathname === '/' ? '/v1/catalogue' : 'catalogue', address);
  address.searchParams.set('key', key);
  return address;
}

async function fetched(url, key) {
  let response;
  let body;
  try {
    response = await fetch(address(url, key));
    body = await response.json();
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw new Failure(`${url}: ${error.cause?.message ?? error.message}`);
  }
  if (!response.ok) throw new Failure(`${url}: ${body?.error?.message ?? `status ${response.status}`}`);
  if (!body.document) throw new Failure(`${url}: the site has no event catalogue`);
  return body.document;
}

async function parsed(file) {
  let text;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw new Failure(error.code === 'ENOENT' ? `${file}: there is no such file` : `${file}: ${error.message}`);
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Failure(`${file}: this is not JSON: ${error.message}`);
  }
}

/** Does what the arguments ask for. The exit code: 0, 1 for a file that is out of date, 2 for whatever is wrong. */
export async function types(args, { out, fail }) {
  try {
    const settings = read(args);
    if (settings.help) {
      out(HELP);
      return 0;
    }
    const source = settings.url ?? settings.file ?? 'waymark.events.json';
    const catalogue = settings.url ? await fetched(settings.url, settings.key) : await parsed(source);
    const wrong = checkCatalogue(catalogue);
    if (wrong) throw new Failure(`${source}: ${wrong.at || 'the catalogue'}: ${wrong.message}`);
    const from = settings.url ? new URL(settings.url).host : basename(source);
    const text = declarations(catalogue, { from, strict: !settings.loose });
    const before = await readFile(settings.out, 'utf8').catch(() => undefined);
    const count = Object.keys(catalogue.events).length;
    const events = count === 1 ? '1 event' : `${count} events`;
    if (settings.check) {
      if (before?.replaceAll('\r\n', '\n') === text) {
        out(`${settings.out} is up to date: ${events}`);
        return 0;
      }
      const what = before === undefined ? 'is not there' : 'is out of date';
      fail(`waymark: ${settings.out} ${what}: run npx waymark types`);
      return 1;
    }
    if (before !== text) await writeFile(settings.out, text);
    out(`${settings.out}: ${events}${before === text ? ', unchanged' : ''}`);
    return 0;
  } catch (error) {
    fail(`waymark: ${error instanceof Failure || error.code ? error.message : error.stack}`);
    return 2;
  }
}
