'use client';

import { useState } from 'react';
import { useTool, useTrackExport, useTrackGeneration } from 'waymark/react';

export function Editor({ drawn }: { drawn: number }) {
  const [points, setPoints] = useState('0,90');
  useTool('editor', { mode: 'freehand' });
  const exported = useTrackExport('drawing');
  const draw = useTrackGeneration('drawing', async () => {
    setPoints(Array.from({ length: 9 }, (_, i) => `${i * 25},${90 - 70 * Math.random()}`).join(' '));
  });
  return (
    <main>
      <h1>Editor</h1>
      <svg width="200" height="100">
        <polyline points={points} fill="none" stroke="teal" />
      </svg>
      <p>{drawn}</p>
      <button id="generate" onClick={() => draw()}>
        Draw something
      </button>
      <button id="export" onClick={() => exported('svg', { points: points.split(' ').length })}>
        Export
      </button>
    </main>
  );
}
