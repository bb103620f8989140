import { useMilestone, useWaymark } from 'waymark/react';

export function Welcome() {
  const waymark = useWaymark();
  useMilestone('signup_at');
  return (
    <main>
      <title>Welcome</title>
      <h1>Welcome</h1>
      <button id="buy" onClick={() => waymark.conversion('plan_bought', { value: '49.90', currency: 'EUR' })}>
        Buy the team plan
      </button>
    </main>
  );
}
