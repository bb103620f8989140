/** Starts the dashboard: styles, router, keyboard, then the app. */
import './lib/design/tokens.css';
import './lib/design/base.css';
import { mount } from 'svelte';
import App from './App.svelte';
import { startKeyboard } from './lib/keyboard/keyboard.svelte';
import { router } from './lib/router/router.svelte';

const target = document.getElementById('app');
if (target === null) throw new Error('index.html has no #app');

router.start();
startKeyboard();
mount(App, { target });
