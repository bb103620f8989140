import { describe, expect, it } from 'vitest';
import { definitionOf, draftOf, isSame, keyOf, moved, sayPlace, type Definition } from './stages';

const document: Definition = {
  version: 1,
  stages: [{ key: 'visitor', label: 'Visitor' }, { key: 'paying', label: 'Paying' }],
  milestones: [{ name: 'seen' }, { name: 'first_payment', stage: 'paying', event: 'purchase' }],
};

describe('a definition while it is edited', () => {
  it('comes back as it was', () => {
    expect(definitionOf(draftOf(document))).toEqual(document);
  });

  it('is the same whatever blanks there are around it', () => {
    const draft = draftOf(document);
    const other = { ...draft, stages: draft.stages.map((one) => ({ ...one, label: ` ${one.label} ` })) };
    expect(isSame(draft, other)).toBe(true);
    expect(isSame(draft, { ...draft, stages: moved(draft.stages, 0, 1) })).toBe(false);
  });
});

it('moves what can be moved', () => {
  expect(moved(['a', 'b', 'c'], 1, -1)).toEqual(['b', 'a', 'c']);
  expect(moved(['a', 'b', 'c'], 2, 1)).toEqual(['a', 'b', 'c']);
});

it.each([
  ['Trying it out', 'trying_it_out'],
  ['  Über-Käufer! ', 'uber_kaufer'],
  ['', ''],
])('makes of %j the key %j', (label, key) => {
  expect(keyOf(label)).toBe(key);
});

it.each([
  ['document/milestones/2/stage', 'The stage of milestone 3'],
  ['document/stages/0', 'Stage 1'],
  ['document', 'document'],
])('says where %s is', (field, said) => {
  expect(sayPlace(field)).toBe(said);
});
