/** What a chart says of the place the pointer is at. Elements, and no text of HTML: names come from tracked pages. */

export interface TipLine {
  label: string;
  value: string;
  colour?: string;
}

export function tip(title: string, lines: readonly TipLine[]): HTMLElement {
  const root = document.createElement('div');
  root.className = 'chart-tip';
  root.append(text('strong', title));
  for (const line of lines) {
    const row = document.createElement('div');
    const mark = document.createElement('i');
    if (line.colour) mark.style.background = line.colour;
    row.append(mark, text('span', line.label), text('b', line.value));
    root.append(row);
  }
  return root;
}

function text(name: string, content: string): HTMLElement {
  const element = document.createElement(name);
  element.textContent = content;
  return element;
}
