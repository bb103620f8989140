/** Reads the origins that somebody typed: one per line or separated by commas, with or without a scheme or a path. */

export interface Origins {
  origins: string[];
  /** The first text that is no web address, as it was typed. */
  wrong: string | null;
}

export function parseOrigins(text: string): Origins {
  const origins = new Set<string>();
  for (const part of text.split(/[\s,]+/).filter((one) => one !== '')) {
    // Any port is a pattern of the collector's and no port of a URL.
    const anyPort = part.endsWith(':*');
    const bare = anyPort ? part.slice(0, -2) : part;
    const address = bare.includes('://') ? bare : `https://${bare}`;
    if (!URL.canParse(address) || !/^https?:$/.test(new URL(address).protocol)) return { origins: [...origins], wrong: part };
    origins.add(new URL(address).origin + (anyPort ? ':*' : ''));
  }
  return { origins: [...origins], wrong: null };
}
