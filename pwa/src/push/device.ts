// deviceName says which phone or computer this is, in the words of its owner: for the list of devices.
export function deviceName(agent = navigator.userAgent): string {
  const system = [
    ['iPhone', /iPhone/],
    ['iPad', /iPad/],
    ['Android', /Android/],
    ['Windows', /Windows/],
    ['Mac', /Macintosh/],
    ['Linux', /Linux/],
  ].find(([, pattern]) => (pattern as RegExp).test(agent))?.[0];
  const browser = [
    ['Edge', /Edg\//],
    ['Cốc Cốc', /coc_coc/],
    ['Samsung Internet', /SamsungBrowser/],
    ['Firefox', /Firefox|FxiOS/],
    ['Chrome', /Chrome|CriOS/],
    ['Safari', /Safari/],
  ].find(([, pattern]) => (pattern as RegExp).test(agent))?.[0];
  return [system, browser].filter(Boolean).join(' · ');
}
