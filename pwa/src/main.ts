import { mount } from 'svelte';
import App from './App.svelte';
import './ui/base.css';
import { loadTexts } from './i18n/t.svelte.ts';
import { engine, knownPerson, whose } from './offline/engine.ts';
import { store } from './offline/state.svelte.ts';
import { watchInstall } from './push/install.svelte.ts';
import { routes } from './routes.ts';
import { register } from './sw/update.svelte.ts';
import { find } from './ui/pages.ts';
import { route, signInFirst, startRouter } from './ui/router.svelte.ts';

startRouter();
watchInstall();
// who comes back from a provider may be somebody else than before: the session says who, before anything is sent
if (route.path === '/signed-in') localStorage.removeItem(whose);
// whoever is not signed in gets no page but those that need no session
if (!knownPerson() && find(routes, route.path)?.route.frame !== 'open') signInFirst();
loadTexts()
  .catch(() => undefined) // without English the frame is Vietnamese
  .then(() => {
    const target = document.getElementById('app')!;
    target.replaceChildren();
    mount(App, { target });
  });
if (knownPerson()) engine().then(({ start }) => start());
else store.ready = true; // signing in starts the engine
register();
