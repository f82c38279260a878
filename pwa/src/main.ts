import { mount } from 'svelte';
import App from './App.svelte';
import './ui/base.css';
import { loadTexts } from './i18n/t.svelte.ts';
import { start } from './offline/start.ts';
import { register } from './sw/update.svelte.ts';
import { startRouter } from './ui/router.svelte.ts';

startRouter();
loadTexts()
  .catch(() => undefined)
  .then(() => mount(App, { target: document.getElementById('app')! }));
start();
register();
