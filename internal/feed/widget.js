((feed) => {
  // Shows announcements on a page that is not ours: text only, in a shadow of its own; no requests, cookies or storage.
  const script = document.currentScript;
  const words = {
    vi: { title: 'Thông báo', none: 'Hiện chưa có thông báo nào.', campaign: 'Chiến dịch', until: 'Đến hết' },
    en: { title: 'Announcements', none: 'There is nothing to announce at the moment.', campaign: 'Campaign', until: 'Until' },
  };
  const styles = `
    :host { display: block; }
    section { font: inherit; color: inherit; line-height: 1.5; }
    .title { font-size: 1.25em; margin: 0 0 0.5em; }
    ul { list-style: none; margin: 0; padding: 0; }
    li { padding: 0.75em 0; border-top: 1px solid; border-top-color: color-mix(in srgb, currentColor 25%, transparent); }
    .name { font-size: 1.05em; font-weight: 700; margin: 0; }
    a { color: inherit; text-decoration: underline; text-underline-offset: 0.15em; overflow-wrap: anywhere; }
    a:focus-visible { outline: 3px solid; outline-offset: 2px; }
    p { margin: 0.25em 0 0; overflow-wrap: anywhere; }
    .when { font-size: 0.875em; }
  `;

  function add(parent, name, text, attributes) {
    const element = document.createElement(name);
    if (text) element.textContent = text;
    for (const key in attributes) element.setAttribute(key, attributes[key]);
    return parent.appendChild(element);
  }
  function date(day, lang) {
    const [year, month, date] = day.split('-').map(Number);
    return new Intl.DateTimeFormat(lang === 'en' ? 'en-GB' : 'vi', { day: 'numeric', month: 'long', year: 'numeric', timeZone: 'UTC' }).format(Date.UTC(year, month - 1, date));
  }
  function show() {
    const id = script && script.getAttribute('data-target');
    let host = id && document.getElementById(id);
    if (id && !host) return console.warn('hocso: there is no element with the id ' + id);
    if (!host) {
      host = document.createElement('div');
      if (script && script.parentNode) script.parentNode.insertBefore(host, script.nextSibling);
      else return;
    }
    if (host.shadowRoot) return;
    const wanted = (script.getAttribute('data-lang') || document.documentElement.lang || '').slice(0, 2).toLowerCase();
    const lang = wanted === 'en' ? 'en' : 'vi';
    const say = words[lang];
    const root = host.attachShadow({ mode: 'open' });
    try {
      const sheet = new CSSStyleSheet(); // a page whose policy forbids styles within it allows these
      sheet.replaceSync(styles);
      root.adoptedStyleSheets = [sheet];
    } catch {
      // an old browser shows it without
    }
    const level = Math.min(5, Math.max(1, Number(script.getAttribute('data-heading')) || 2));
    const label = say.title + ' – ' + feed.name[lang];
    const section = add(root, 'section', '', { lang, 'aria-label': label });
    add(section, 'h' + level, label, { class: 'title' });
    if (!feed.items.length) add(section, 'p', say.none);
    const list = feed.items.length && add(section, 'ul', '', { role: 'list' });
    for (const item of feed.items) {
      const li = add(list, 'li');
      const name = add(li, 'h' + (level + 1), item.kind === 'campaign' ? say.campaign + ': ' : '', { class: 'name' });
      add(name, 'a', item.title[lang], { href: item.url, rel: 'noopener' });
      add(li, 'p', date(item.from, lang) + ' · ' + say.until + ' ' + date(item.until, lang), { class: 'when' });
      if (item.summary[lang]) add(li, 'p', item.summary[lang]);
    }
  }
  if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', show);
  else show();
})
