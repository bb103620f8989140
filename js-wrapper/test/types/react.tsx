/** The types of `waymark/react`, as a site's code meets them. */

import type { ReactElement } from 'react';
import {
  useMilestone,
  useTool,
  useTrack,
  useTrackClick,
  useTrackExport,
  useTrackForm,
  useTrackGeneration,
  useWaymark,
  WaymarkContext,
  WaymarkProvider,
  type Waymark,
} from 'waymark/react';

export function Page({ fake }: { fake: Waymark }): ReactElement {
  const waymark = useWaymark();
  waymark.identify('user-7');
  // @ts-expect-error No such call.
  waymark.trackk('x');

  const track = useTrack();
  track('cta_clicked', { place: 'hero' });
  // @ts-expect-error A name is needed.
  track({ place: 'hero' });

  useTool('editor', { mode: 'freehand' });
  // @ts-expect-error A tool has a name.
  useTool();

  useMilestone('signup_at');
  useMilestone('signup_at', true, { plan: 'team' });
  // @ts-expect-error Whether it is reached comes before its properties.
  useMilestone('signup_at', { plan: 'team' });

  const exported = useTrackExport('invoice');
  exported('pdf', { pages: 3 });
  // @ts-expect-error A format is needed.
  exported();

  const draw = useTrackGeneration('drawing', async (points: number) => `${points} points`);
  const drawn: Promise<string> = draw(7);
  // @ts-expect-error What the function takes is what it took before.
  void draw('seven');

  return (
    <WaymarkContext.Provider value={fake}>
      <WaymarkProvider options={{ key: 'wk_1', endpoint: 'https://collector.example' }}>
        <button onClick={useTrackClick('cta_clicked')} onFocus={useTrackClick('cta_seen', {}, { impact: 'high' })} />
        <form {...useTrackForm('signup', { place: 'footer' })}>{String(drawn)}</form>
      </WaymarkProvider>
      {/* @ts-expect-error Settings are needed. */}
      <WaymarkProvider />
      {/* @ts-expect-error React keeps `key` for itself, so settings are one object. */}
      <WaymarkProvider key="wk_1" endpoint="https://collector.example" />
      {/* @ts-expect-error Handlers of a form are not one handler. */}
      <form onSubmit={useTrackForm('signup')} />
    </WaymarkContext.Provider>
  );
}
