export const whose = 'hocso.person'; // whose database to open without asking anyone; holds no right to anything

export const knownPerson = (): string | null => localStorage.getItem(whose);

// engine loads what keeps, sends and fetches: beside the first script, so that sign-in is on the screen before it.
export const engine = () => import('./start.ts');
