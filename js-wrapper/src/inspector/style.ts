/**
 * The panel's styles, for a sheet that its shadow root adopts: no style element and no style attribute, so that
 * `style-src` has nothing to refuse. What the page says of every element is overruled on the host and ends there.
 */

export const STYLE = `
:host {
  all: initial !important;
  position: fixed !important;
  right: 16px !important;
  bottom: 16px !important;
  z-index: 2147483647 !important;
  display: block !important;
  color-scheme: light dark !important;
}
@media print { :host { display: none !important; } }
* { box-sizing: border-box; margin: 0; padding: 0; }
[hidden] { display: none !important; }
.panel, .pill {
  --bg: #ffffff; --sunken: #f4f6f6; --hover: #eef2f2; --line: #dfe4e4; --strong: #c3cbcb;
  --text: #182123; --soft: #4d5b5e; --faint: #68777a;
  --accent: #0a7468; --accent-bg: #e2f4f0; --good: #1a7f4b; --good-bg: #e3f5ea;
  --warn: #8a5a00; --warn-bg: #fdf1d7; --bad: #b3261e; --bad-bg: #fdeae8; --info: #3457b2; --info-bg: #e8edfb;
  font: 400 13px/1.45 ui-sans-serif, system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'Liberation Sans', sans-serif;
  color: var(--text);
  -webkit-font-smoothing: antialiased;
}
@media (prefers-color-scheme: dark) {
  .panel, .pill {
    --bg: #171c1d; --sunken: #1f2627; --hover: #252d2f; --line: #2e3839; --strong: #465355;
    --text: #ebf0f0; --soft: #b3c0c2; --faint: #8fa0a3;
    --accent: #4fd1bd; --accent-bg: #15352f; --good: #63d18f; --good-bg: #163423;
    --warn: #f0bd5d; --warn-bg: #3a2d10; --bad: #ff9a90; --bad-bg: #421d1a; --info: #9db7ff; --info-bg: #1f2b4d;
  }
}
.panel {
  display: flex; flex-direction: column;
  width: min(440px, calc(100vw - 32px)); height: min(600px, calc(100vh - 32px));
  background: var(--bg); border: 1px solid var(--line); border-radius: 14px; overflow: hidden;
  box-shadow: 0 20px 60px -16px rgb(0 20 24 / 0.4), 0 2px 6px rgb(0 20 24 / 0.1);
}
button { font: inherit; color: inherit; background: none; border: 0; cursor: pointer; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: -2px; border-radius: 6px; }
.head { display: flex; align-items: center; gap: 8px; padding: 10px 8px 8px 14px; }
.mark { width: 18px; height: 18px; border-radius: 50%; border: 5px solid var(--accent); flex: none; }
.title { font-weight: 650; letter-spacing: -0.01em; }
.sub { color: var(--faint); font-size: 12px; flex: 1; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.tool { padding: 4px 8px; border-radius: 7px; color: var(--soft); font-size: 12px; white-space: nowrap; }
.tool:hover { background: var(--hover); color: var(--text); }
.tabs { display: flex; gap: 2px; padding: 0 8px; border-bottom: 1px solid var(--line); }
.tab { padding: 7px 8px 8px; color: var(--soft); border-bottom: 2px solid transparent; margin-bottom: -1px; font-weight: 500; white-space: nowrap; }
.tab:hover { color: var(--text); }
.tab[aria-selected='true'] { color: var(--accent); border-color: var(--accent); }
.number { display: inline-block; min-width: 18px; margin-left: 5px; padding: 0 5px; border-radius: 9px; background: var(--sunken);
  color: var(--soft); font-size: 11px; line-height: 18px; text-align: center; font-variant-numeric: tabular-nums; }
.number.alarm { background: var(--warn-bg); color: var(--warn); }
.body { flex: 1; overflow: auto; padding: 12px 14px 16px; overscroll-behavior: contain; scrollbar-width: thin; }
h3 { font-size: 11px; font-weight: 650; letter-spacing: 0.05em; text-transform: uppercase; color: var(--faint); margin: 18px 0 6px; }
h3:first-child { margin-top: 0; }
.none { color: var(--faint); padding: 2px 0; }
.batch { border: 1px solid var(--line); border-radius: 10px; margin-bottom: 10px; overflow: hidden; }
.batch > .about { display: flex; flex-wrap: wrap; gap: 2px 10px; padding: 6px 10px; background: var(--sunken); color: var(--soft); font-size: 12px;
  font-variant-numeric: tabular-nums; }
.about b { color: var(--text); font-weight: 600; }
.about .end { margin-left: auto; }
details { border-top: 1px solid var(--line); }
.list { border: 1px solid var(--line); border-radius: 10px; overflow: hidden; }
.list > :first-child { border-top: 0; }
summary { display: flex; align-items: center; gap: 8px; padding: 6px 10px; cursor: pointer; list-style: none; min-width: 0; }
summary::-webkit-details-marker { display: none; }
summary:hover { background: var(--hover); }
.name { flex: 1; min-width: 0; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.kind { color: var(--faint); font-size: 12px; }
.badge { flex: none; padding: 1px 7px; border-radius: 999px; font-size: 11px; font-weight: 600; line-height: 17px; background: var(--sunken); color: var(--soft); }
.badge.accepted { background: var(--good-bg); color: var(--good); }
.badge.duplicate, .badge.beacon { background: var(--info-bg); color: var(--info); }
.badge.dropped, .badge.failed { background: var(--bad-bg); color: var(--bad); }
.badge.retry, .badge.flagged { background: var(--warn-bg); color: var(--warn); }
.badge.on { background: var(--accent-bg); color: var(--accent); }
.note { padding: 6px 10px; font-size: 12px; color: var(--warn); background: var(--warn-bg); overflow-wrap: anywhere; }
.note.bad { color: var(--bad); background: var(--bad-bg); }
.notes > .note { border-radius: 8px; margin-bottom: 6px; }
.found { display: flex; flex-wrap: wrap; gap: 2px 8px; padding: 8px 10px; border-top: 1px solid var(--line); }
.found p { width: 100%; color: var(--soft); font-size: 12px; overflow-wrap: anywhere; }
code { font: 400 11.5px/1.5 ui-monospace, 'SF Mono', Menlo, Consolas, 'Liberation Mono', monospace; color: var(--warn); }
pre { font: 400 11.5px/1.5 ui-monospace, 'SF Mono', Menlo, Consolas, 'Liberation Mono', monospace; white-space: pre-wrap; overflow-wrap: anywhere;
  padding: 8px 10px; background: var(--sunken); color: var(--soft); max-height: 220px; overflow: auto; }
dl { display: grid; grid-template-columns: 116px 1fr; gap: 4px 12px; }
dt { color: var(--faint); }
dd { overflow-wrap: anywhere; min-width: 0; }
dd.mono { font: 400 12px/1.6 ui-monospace, 'SF Mono', Menlo, Consolas, 'Liberation Mono', monospace; }
dd.unknown { color: var(--faint); }
.pill { display: flex; align-items: center; gap: 8px; padding: 8px 12px; background: var(--bg); border: 1px solid var(--line); border-radius: 999px;
  box-shadow: 0 8px 24px -8px rgb(0 20 24 / 0.4); font-weight: 600; }
.pill:hover { background: var(--hover); }
.pill .mark { width: 14px; height: 14px; border-width: 4px; }
`;
