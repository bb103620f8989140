/** The steps of a journey and when each was reached. */
import { STAGES, type Journey, type Stage } from '../api/types';

export interface Step {
  stage: Stage;
  reached: boolean;
  /** `null` where the stage is not reached, or was passed over on the way to a later one. */
  at: number | null;
}

export const STAGE_LABELS: Record<Stage, string> = {
  anonymous: 'Anonymous',
  registered: 'Registered',
  qualified: 'Qualified',
  converted: 'Converted',
};

export function isStage(text: string | null): text is Stage {
  return (STAGES as readonly (string | null)[]).includes(text);
}

/** The four steps in order. A stage's time is that of the earliest milestone which leads to it. */
export function stageSteps(journey: Journey): Step[] {
  const current = STAGES.indexOf(journey.stage);
  return STAGES.map((stage, index) => {
    if (index > current) return { stage, reached: false, at: null };
    if (index === 0) return { stage, reached: true, at: journey.first_seen };
    const times = journey.milestones.filter((milestone) => milestone.stage === stage).map((milestone) => milestone.at);
    const earliest = times.length > 0 ? Math.min(...times) : null;
    return { stage, reached: true, at: earliest ?? (index === current ? journey.stage_at : null) };
  });
}
