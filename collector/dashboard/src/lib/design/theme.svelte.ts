/** Light or dark: the system's choice, or one's own, remembered. public/theme.js applies it before the first paint. */
import { recall, remember } from '../session/remember';

export const THEMES = ['system', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

const NAME = 'waymark.theme';

class ThemeChoice {
  current: Theme = $state(read());

  choose(theme: Theme): void {
    this.current = theme;
    remember(NAME, theme === 'system' ? null : theme);
    if (theme === 'system') delete document.documentElement.dataset['theme'];
    else document.documentElement.dataset['theme'] = theme;
  }

  /** The next of the three, in a circle. */
  turn(): void {
    this.choose(THEMES[(THEMES.indexOf(this.current) + 1) % THEMES.length] ?? 'system');
  }
}

function read(): Theme {
  const stored = recall(NAME);
  return stored === 'light' || stored === 'dark' ? stored : 'system';
}

export const theme = new ThemeChoice();
