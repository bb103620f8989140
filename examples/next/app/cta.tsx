'use client';

import { useTrackClick } from 'waymark/react';

export function Cta() {
  const clicked = useTrackClick('cta_clicked', { place: 'hero' });
  return (
    <button id="cta" onClick={clicked}>
      How it works
    </button>
  );
}
