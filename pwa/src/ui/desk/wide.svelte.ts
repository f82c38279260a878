const query = typeof matchMedia === 'function' ? matchMedia('(min-width: 900px)') : undefined;
let wide = $state(query?.matches ?? true);
query?.addEventListener('change', () => {
  wide = query.matches;
});

// isWide tells a desk from a phone, for what cannot be said in CSS: a table there, a list here.
export const isWide = (): boolean => wide;
