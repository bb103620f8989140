import { describe, expect, it } from 'vitest';
import { commandKey, createMatcher, PAIR_MS } from './keys';

const bindings = new Set(['j', '/', 'Escape', 'g j', 'g l']);
const matcher = () => createMatcher((binding) => bindings.has(binding), (key) => key === 'g');
const press = (key: string, at = 0, more: { modified?: boolean; inField?: boolean } = {}) => ({ key, at, modified: false, inField: false, ...more });

describe('createMatcher', () => {
  it('knows single keys', () => {
    expect(matcher().press(press('j'))).toBe('j');
    expect(matcher().press(press('x'))).toBeNull();
  });

  it('tells a pair from its second key alone', () => {
    const keys = matcher();
    expect(keys.press(press('g', 0))).toBeNull();
    expect(keys.press(press('j', 300))).toBe('g j');
    expect(keys.press(press('j', 400))).toBe('j');
  });

  it('forgets the first key after a while, and after a stray one', () => {
    const keys = matcher();
    keys.press(press('g', 0));
    expect(keys.press(press('j', PAIR_MS + 1))).toBe('j');
    keys.press(press('g', 5000));
    expect(keys.press(press('x', 5100))).toBeNull();
    expect(keys.press(press('l', 5200))).toBeNull();
  });

  it('leaves typing and the browser’s own shortcuts alone', () => {
    const keys = matcher();
    expect(keys.press(press('j', 0, { inField: true }))).toBeNull();
    expect(keys.press(press('j', 0, { modified: true }))).toBeNull();
    expect(keys.press(press('Escape', 0, { inField: true }))).toBe('Escape');
  });

  it('knows the command key, in fields too, and leaves the browser its other ones', () => {
    const matcher = createMatcher((binding) => ['mod k', 'k'].includes(binding), () => false);
    const held = { at: 0, modified: true, command: true, inField: true };
    expect(matcher.press({ ...held, key: 'K' })).toBe('mod k');
    expect(matcher.press({ ...held, key: 'l' })).toBeNull();
    expect(matcher.press({ ...held, key: 'k', command: false })).toBeNull();
  });

  it('names the command key as it is on the keyboard', () => {
    for (const apple of ['MacIntel', 'iPhone', 'iPad']) expect(commandKey(apple)).toBe('⌘K');
    for (const other of ['Win32', 'Linux x86_64', '']) expect(commandKey(other)).toBe('Ctrl K');
  });
});
