import type { Metadata } from 'next';

import { SignupForm } from './form';

export const metadata: Metadata = { title: 'Sign up' };

export default function Signup() {
  return (
    <main>
      <h1>Sign up</h1>
      <SignupForm />
    </main>
  );
}
