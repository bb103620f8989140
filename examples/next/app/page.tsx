import waymark from 'waymark';

import { Cta } from './cta';

export default function Home() {
  // Rendered on the server, where calls do nothing.
  waymark.track('rendered');
  return (
    <main>
      <h1>Draw it now, keep it for good</h1>
      <Cta />
    </main>
  );
}
