/** The design tokens as colours that a chart can draw with; they follow the theme, chosen or the system's. */
import { theme } from '../design/theme.svelte';

const NAMES = {
  text: '--text',
  soft: '--text-soft',
  faint: '--text-faint',
  line: '--line',
  surface: '--surface',
  sunken: '--sunken',
  accent: '--accent',
  accentSoft: '--accent-1',
  accentMiddle: '--accent-2',
  before: '--series-before',
  series1: '--series-1',
  series2: '--series-2',
  series3: '--series-3',
  series4: '--series-4',
  series5: '--series-5',
  series6: '--series-6',
} as const;

export type Tokens = Record<keyof typeof NAMES, string> & { font: string; dark: boolean };

class ChartTokens {
  #systemDark = $state(false);
  current: Tokens = $derived.by(() => {
    const dark = theme.current === 'dark' || (theme.current === 'system' && this.#systemDark);
    return read(dark);
  });

  constructor() {
    const system = matchMedia('(prefers-color-scheme: dark)');
    this.#systemDark = system.matches;
    system.addEventListener('change', (event) => (this.#systemDark = event.matches));
  }
}

function read(dark: boolean): Tokens {
  const probe = document.createElement('span');
  // A transition, were it only the millisecond that reduced motion has, would begin with the colour before.
  probe.style.setProperty('transition', 'none', 'important');
  document.body.append(probe);
  const context = Object.assign(document.createElement('canvas'), { width: 1, height: 1 }).getContext('2d', { willReadFrequently: true });
  const colours = Object.entries(NAMES).map(([name, property]) => {
    probe.style.color = `var(${property})`;
    return [name, asRgb(context, getComputedStyle(probe).color)];
  });
  const font = getComputedStyle(document.body).fontFamily;
  probe.remove();
  return { ...(Object.fromEntries(colours) as Record<keyof typeof NAMES, string>), font, dark };
}

/** ECharts reads rgb and knows no oklch, so a pixel is painted with it. */
function asRgb(context: CanvasRenderingContext2D | null, colour: string): string {
  if (context === null) return colour;
  context.clearRect(0, 0, 1, 1);
  context.fillStyle = colour;
  context.fillRect(0, 0, 1, 1);
  const [red = 0, green = 0, blue = 0] = context.getImageData(0, 0, 1, 1).data;
  return `rgb(${red}, ${green}, ${blue})`;
}

export const chartTokens = new ChartTokens();
