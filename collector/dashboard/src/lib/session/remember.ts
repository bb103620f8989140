/** Small choices kept in this browser. Where storage is blocked they last as long as the page. */

const kept = new Map<string, string>();

export function remember(name: string, value: string | null): void {
  if (value === null) kept.delete(name);
  else kept.set(name, value);
  try {
    if (value === null) localStorage.removeItem(name);
    else localStorage.setItem(name, value);
  } catch {
    // Blocked or full: `kept` has it.
  }
}

export function recall(name: string): string | null {
  const held = kept.get(name);
  if (held !== undefined) return held;
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}
