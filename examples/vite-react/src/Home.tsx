import { useTrackClick } from 'waymark/react';

export function Home() {
  const clicked = useTrackClick('cta_clicked', { place: 'hero' });
  return (
    <main>
      <title>Sketchpad</title>
      <h1>Draw it now, keep it for good</h1>
      <button id="cta" onClick={clicked}>
        How it works
      </button>
    </main>
  );
}
