'use client';

import { useEffect, useRef } from 'react';

import { enterTool } from '../adapter/tool.js';
import type { Props } from '../types.js';
import { useLeft } from './lifetime.js';
import { useWaymark } from './provider.js';

/**
 * Records that the visitor uses `tool` for as long as the component is on the page: `tool_entered` once, and
 * `tool_exited` with the `seconds` that were spent while the page was visible. `props` are those of the entry.
 */
export function useTool(tool: string, props?: Props): void {
  const client = useWaymark();
  const inside = useRef<{ tool: string; exit: () => void }>(undefined);
  useEffect(() => {
    if (inside.current?.tool == tool) return;
    inside.current?.exit();
    inside.current = { tool, exit: enterTool(client, tool, props) };
  }, [client, tool]);
  useLeft(() => {
    inside.current?.exit();
    inside.current = undefined;
  });
}
