'use client';

import { useRouter } from 'next/navigation';
import type { FormEvent } from 'react';
import { useTrackForm, useWaymark } from 'waymark/react';

export function SignupForm() {
  const waymark = useWaymark();
  const router = useRouter();
  const form = useTrackForm('signup');

  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    form.onSubmit();
    waymark.identify('user-7', { plan: 'free' });
    router.push('/welcome');
  }

  return (
    <form {...form} onSubmit={submit}>
      <label>
        Name <input id="name" name="name" required />
      </label>
      <button id="join">Sign up</button>
    </form>
  );
}
