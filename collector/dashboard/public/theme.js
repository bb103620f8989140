// Applies a remembered light or dark choice before the first paint. src/lib/design/theme.svelte.ts writes it.
try {
  const choice = localStorage.getItem('waymark.theme');
  if (choice === 'light' || choice === 'dark') document.documentElement.dataset.theme = choice;
} catch {
  // Storage is blocked: the system's choice holds.
}
