/** A site's event catalogue as rows that people read. Pure; what a document may be the collector says. */

export interface Declared {
  name: string;
  description: string | null;
  deprecated: boolean;
  /** Names of the properties that are described, those that are required marked. */
  props: { name: string; required: boolean }[];
}

interface EventOfDocument {
  description?: unknown;
  deprecated?: unknown;
  props?: { properties?: Record<string, unknown>; required?: unknown };
}

/** The events of a document by their name; none where it has none. */
export function declared(document: Record<string, unknown> | null | undefined): Declared[] {
  const events = (document?.['events'] ?? {}) as Record<string, EventOfDocument>;
  return Object.entries(events)
    .map(([name, event]) => {
      const required = Array.isArray(event.props?.required) ? (event.props.required as unknown[]) : [];
      return {
        name,
        description: typeof event.description === 'string' ? event.description : null,
        deprecated: event.deprecated === true,
        props: Object.keys(event.props?.properties ?? {}).map((prop) => ({ name: prop, required: required.includes(prop) })),
      };
    })
    .sort((one, other) => one.name.localeCompare(other.name, 'en'));
}

/** A text as a document, or what is wrong with it in a sentence. */
export function readDocument(text: string): { document: Record<string, unknown> } | { wrong: string } {
  let read: unknown;
  try {
    read = JSON.parse(text);
  } catch (error) {
    return { wrong: `This is not JSON: ${error instanceof Error ? error.message : 'it ends early'}` };
  }
  if (typeof read !== 'object' || read === null || Array.isArray(read)) return { wrong: 'This has to be an object, in braces.' };
  return { document: read as Record<string, unknown> };
}

export function writeDocument(document: unknown): string {
  return `${JSON.stringify(document, null, 2)}\n`;
}
