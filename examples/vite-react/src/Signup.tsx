import type { FormEvent } from 'react';
import { useNavigate } from 'react-router';
import { useTrackForm, useWaymark } from 'waymark/react';

export function Signup() {
  const waymark = useWaymark();
  const navigate = useNavigate();
  const form = useTrackForm('signup');

  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    form.onSubmit();
    waymark.identify('user-7', { plan: 'free' });
    navigate('/welcome');
  }

  return (
    <main>
      <title>Sign up</title>
      <h1>Sign up</h1>
      <form {...form} onSubmit={submit}>
        <label>
          Name <input id="name" name="name" required />
        </label>
        <button id="join">Sign up</button>
      </form>
    </main>
  );
}
