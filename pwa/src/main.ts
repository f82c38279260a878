import { mount } from 'svelte';
import App from './App.svelte';
import './ui/base.css';
import { loadTexts } from './i18n/t.svelte.ts';
import { engine } from './offline/engine.ts';
import { watchInstall } from './push/install.svelte.ts';
import { register } from './sw/update.svelte.ts';
import { startRouter } from './ui/router.svelte.ts';

startRouter();
watchInstall();
loadTexts()
  .catch(() => undefined) // without English the frame is Vietnamese
  .then(() => mount(App, { target: document.getElementById('app')! }));
engine().then(({ start }) => start());
register();
