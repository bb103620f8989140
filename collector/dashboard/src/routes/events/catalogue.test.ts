import { describe, expect, it } from 'vitest';
import { declared, readDocument, writeDocument } from './catalogue';

describe('events of a catalogue', () => {
  it('are by their name, with what they may carry', () => {
    const document = {
      version: 1,
      events: { plan_chosen: { description: 'A plan.', props: { properties: { plan: {}, seats: {} }, required: ['plan'] } }, banner: { deprecated: true } },
    };
    expect(declared(document)).toEqual([
      { name: 'banner', description: null, deprecated: true, props: [] },
      { name: 'plan_chosen', description: 'A plan.', deprecated: false, props: [{ name: 'plan', required: true }, { name: 'seats', required: false }] },
    ]);
  });

  it('are none where there is no document', () => {
    expect(declared(null)).toEqual([]);
    expect(declared({ version: 1 })).toEqual([]);
  });
});

describe('a document that is written by hand', () => {
  it('is an object or says why it is none', () => {
    expect(readDocument('{"version": 1}')).toEqual({ document: { version: 1 } });
    expect(readDocument('{"version": ')).toHaveProperty('wrong');
    expect(readDocument('[1]')).toEqual({ wrong: 'This has to be an object, in braces.' });
  });

  it('comes back as it was', () => {
    const document = { version: 1, events: { a: {} } };
    expect(readDocument(writeDocument(document))).toEqual({ document });
  });
});
