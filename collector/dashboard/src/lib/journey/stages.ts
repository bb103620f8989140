/** A site's stages: what they are called, how far one is, and when a journey reached each. */
import type { Journey, Stage } from '../api/types';
import { humanize } from '../format/value';

export interface Step {
  stage: string;
  label: string;
  reached: boolean;
  /** `null` where the stage is not reached, or was passed over on the way to a later one. */
  at: number | null;
  /** `null` while it lasts, or where it is not reached. */
  lasted: number | null;
}

/** The stage's name for people; its key reads nearly as well where the names are not here yet. */
export function stageLabel(stages: readonly Stage[], key: string): string {
  return stages.find((stage) => stage.key === key)?.label ?? humanize(key);
}

/** How far a stage is on the way from the first to the last, from 0 to 1; 0 for one that the site does not have. */
export function stageShare(stages: readonly Stage[], key: string): number {
  const place = stages.findIndex((stage) => stage.key === key);
  return place <= 0 ? 0 : place / (stages.length - 1);
}

/** The site's stages in order, with what the journey has reached of them. */
export function stageSteps(journey: Pick<Journey, 'stages' | 'milestones'>, stages: readonly Stage[]): Step[] {
  return stages.map(({ key, label }) => {
    const reached = journey.stages.find((one) => one.stage === key);
    if (reached === undefined) return { stage: key, label, reached: false, at: null, lasted: null };
    const own = journey.milestones.some((milestone) => milestone.stage === key && milestone.at === reached.entered_at);
    const passed = reached.lasted_ms === 0 && !own;
    return { stage: key, label, reached: true, at: passed ? null : reached.entered_at, lasted: passed ? null : reached.lasted_ms };
  });
}
