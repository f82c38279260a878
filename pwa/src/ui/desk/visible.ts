// whileVisible does the work again and again, but only while the page is seen; it gives back how to stop.
export function whileVisible(milliseconds: number, work: () => void): () => void {
  const tick = () => document.visibilityState === 'visible' && work();
  const timer = setInterval(tick, milliseconds);
  document.addEventListener('visibilitychange', tick);
  return () => {
    clearInterval(timer);
    document.removeEventListener('visibilitychange', tick);
  };
}
