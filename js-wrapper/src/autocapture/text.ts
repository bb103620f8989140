/** What may be said of a text that stands on a page: bounded, on one line, and without what could name a person. */

/** Characters of a text at most. */
export const CHARS = 100;

/** Characters looked at before anything is cut: no text of a page makes the patterns below slow. */
const READ = 1_000;

/** The first `chars` characters, or nothing; never half of one. */
export const cut = (text: string | null | undefined, chars: number = CHARS): string | undefined =>
  text?.slice(0, chars).replace(/[\ud800-\udbff]$/, '') || undefined;

/** On one line, without queries and fragments of URLs, without what looks like an e-mail address or a long number. */
export function plain(text: string, chars: number = CHARS): string | undefined {
  const clean = text
    .slice(0, READ)
    .replace(/\s+/g, ' ')
    .trim()
    .replace(/(\w:\/\/[^\s?#]*)[?#][^\s)'"]*/g, '$1')
    .replace(/[^\s<('":]+(@|%40)[^\s>)'"]+/g, '*')
    .replace(/\d([ -]?\d){7,}/g, '*');
  return cut(clean, chars);
}

/** The address without user, query and fragment, and without what looks like an e-mail address in the path. */
export const bare = ({ protocol, host, pathname }: URL): string | undefined =>
  cut(`${protocol}//${host}${pathname.replace(/[^/]+(@|%40)[^/]+/g, '*')}`, 500);

/** A name as properties have it: `planName` is `plan_name`. */
export const snake = (name: string): string =>
  name.replace(/[A-Z]/g, (letter, at) => (at ? '_' : '') + letter.toLowerCase());

const FILES =
  /\.(7z|apk|avi|csv|dmg|docx?|epub|exe|gz|iso|mkv|mov|mp[34]|mpe?g|msi|od[pst]|pdf|pkg|pp[st]x?|rar|rtf|tar|tgz|txt|wav|webm|wm[av]|xlsx?|xz|zip)$/i;

/** The name and extension of the file that `path` leads to, if its extension is one of those that are downloaded. */
export function file(path: string): [name: string, extension: string] | undefined {
  const found = FILES.exec(path);
  return found ? [path.slice(path.lastIndexOf('/') + 1), found[1]!.toLowerCase()] : undefined;
}
