import { expect, it } from 'vitest';
import { snippetOf } from './snippets';

const site = { key: 'wk_1', script_url: 'https://collector.example/lines.js' };

it('names the script where the collector knows its address, and else where the dashboard came from', () => {
  expect(snippetOf('tag', site, 'http://localhost:1')).toBe('<script async src="https://collector.example/lines.js" data-key="wk_1"></script>');
  expect(snippetOf('tag', { ...site, script_url: null }, 'http://localhost:1')).toContain('src="http://localhost:1/waymark.js"');
});

it('sends a package to the collector itself', () => {
  expect(snippetOf('npm', site, 'http://localhost:1')).toContain("endpoint: 'https://collector.example' }");
});
