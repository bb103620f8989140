import { vitePreprocess } from '@sveltejs/vite-plugin-svelte';

export default {
  preprocess: vitePreprocess(),
  compilerOptions: {
    runes: true,
    // A table laid out as cards loses its meaning to a screen reader unless its roles are written out.
    warningFilter: (warning) => warning.code !== 'a11y_no_redundant_roles',
  },
};
