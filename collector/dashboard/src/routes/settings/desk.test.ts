import { describe, expect, it } from 'vitest';
import { Desk } from './desk.svelte';

/** A list whose questions are answered when the test says so. */
function setUp() {
  const answers: ((rows: string) => void)[] = [];
  const desk = new Desk(() => new Promise<string>((answer) => answers.push(answer)));
  const answer = async (at: number, rows: string) => {
    answers[at]?.(rows);
    await new Promise((done) => setTimeout(done));
  };
  return { desk, answer };
}

describe('Desk', () => {
  it('shows no answer to a question from before the one that is shown', async () => {
    const { desk, answer } = setUp();
    void desk.load();
    void desk.load();
    await answer(1, 'after');
    await answer(0, 'before');
    expect(desk.rows).toBe('after');
  });

  it('shows answers that come later than the next question is asked', async () => {
    const { desk, answer } = setUp();
    void desk.load();
    void desk.load();
    await answer(0, 'first');
    expect(desk.rows).toBe('first');
    await answer(1, 'second');
    expect(desk.rows).toBe('second');
  });
});
