// engine loads what keeps, sends and fetches: beside the first script, so that sign-in is on the screen before it.
export const engine = () => import('./start.ts');
