// What a page does beside being read: the theme, the drawer of chapters, search, copying code, and
// the list of this page's headings. No page needs any of it to be read.
'use strict';

(() => {
  const root = document.documentElement;
  const byId = (id) => document.getElementById(id);
  const remember = (key, value) => {
    try { localStorage.setItem(key, value); } catch (refused) { /* then until the next page */ }
  };

  // The theme: auto follows the system; the others are remembered.
  const themes = { auto: 'Auto', light: 'Light', dark: 'Dark' };
  const themeButton = byId('theme');
  const showTheme = (theme) => {
    root.dataset.theme = theme;
    themeButton.querySelector('span').textContent = themes[theme];
    themeButton.setAttribute('aria-label', `Theme: ${themes[theme]}. Change it`);
  };
  showTheme(themes[root.dataset.theme] ? root.dataset.theme : 'auto');
  themeButton.addEventListener('click', () => {
    const names = Object.keys(themes);
    const next = names[(names.indexOf(root.dataset.theme) + 1) % names.length];
    showTheme(next);
    remember('workbook-theme', next);
  });

  // The drawer of chapters on narrow screens.
  const menu = byId('menu');
  const sidebar = byId('sidebar');
  const drawer = (open) => {
    sidebar.classList.toggle('open', open);
    menu.setAttribute('aria-expanded', String(open));
    menu.setAttribute('aria-label', open ? 'Close the contents' : 'Open the contents');
  };
  drawer(false);
  menu.addEventListener('click', () => drawer(!sidebar.classList.contains('open')));
  byId('content').addEventListener('click', () => drawer(false));

  // Copying: a console's commands without prompts and answers; else the whole block.
  const codeOf = (block) => {
    const commands = [...block.querySelectorAll('.hl-command')].map((line) => line.textContent);
    return commands.length ? commands.join('\n') : block.querySelector('code').textContent;
  };
  const copy = async (text) => {
    if (navigator.clipboard) return navigator.clipboard.writeText(text);
    const area = document.body.appendChild(document.createElement('textarea'));
    area.value = text;
    area.select();
    const done = document.execCommand('copy');
    area.remove();
    if (!done) throw new Error('refused');
  };
  document.querySelectorAll('.listing:not(.api .listing)').forEach((block) => {
    const button = block.appendChild(document.createElement('button'));
    button.type = 'button';
    button.className = 'copy';
    button.textContent = 'Copy';
    button.addEventListener('click', () => {
      copy(codeOf(block)).then(() => 'Copied', () => 'Not copied').then((said) => {
        button.textContent = said;
        setTimeout(() => { button.textContent = 'Copy'; }, 1500);
      });
    });
  });

  // What scrolls sideways can be scrolled by keys.
  const scrollers = document.querySelectorAll('pre, .table-wrapper, .canvas');
  const reach = () => scrollers.forEach((block) => {
    if (block.scrollWidth > block.clientWidth) block.tabIndex = 0;
    else block.removeAttribute('tabindex');
  });
  reach();
  addEventListener('resize', reach);

  // A link to something in a folded answer opens it.
  const unfold = () => {
    let fold = location.hash && byId(decodeURIComponent(location.hash.slice(1)));
    while (fold) {
      if (fold.tagName === 'DETAILS') fold.open = true;
      fold = fold.parentElement;
    }
  };
  unfold();
  addEventListener('hashchange', unfold);

  // On this page.
  const outline = byId('outline');
  const headings = [...document.querySelectorAll('main h2[id], main h3[id]')];
  if (headings.length > 2 && !document.body.classList.contains('print-page')) {
    const list = document.createElement('ol');
    const links = headings.map((heading) => {
      const link = document.createElement('a');
      link.href = `#${heading.id}`;
      link.textContent = heading.textContent;
      if (heading.tagName === 'H3') link.className = 'deep';
      list.appendChild(document.createElement('li')).appendChild(link);
      return link;
    });
    const title = document.createElement('p');
    title.textContent = 'On this page';
    outline.append(title, list);
    outline.hidden = false;
    const follow = () => {
      const line = innerHeight * 0.25;
      let at = headings.findIndex((heading) => heading.getBoundingClientRect().top > line);
      at = (at === -1 ? headings.length : at) - 1;
      links.forEach((link, index) => {
        if (index === at) link.setAttribute('aria-current', 'location');
        else link.removeAttribute('aria-current');
      });
    };
    follow();
    addEventListener('scroll', follow, { passive: true });
  }

  // Search. Its index is a script, so it loads from a disk too; it comes with the first key.
  const form = byId('search');
  if (!form || !workbook.search) return;
  const query = byId('query');
  const results = byId('results');
  let index = null;
  let loading = null;
  const script = (address) => new Promise((done, failed) => {
    const element = document.createElement('script');
    element.src = address;
    element.onload = done;
    element.onerror = failed;
    document.head.appendChild(element);
  });
  const load = () => {
    window.search = window.search || {};
    const [engine, words] = workbook.search;
    loading ||= script(engine)
      .then(() => script(words))
      .then(() => { index = elasticlunr.Index.load(window.search.index); })
      .catch(() => { loading = null; });
    return loading;
  };

  // The words around the first hit, with the hits marked.
  const teaser = (text, words) => {
    const lower = text.toLowerCase();
    const hits = words.map((word) => lower.indexOf(word)).filter((at) => at >= 0);
    const first = hits.length ? Math.min(...hits) : 0;
    const start = first < 60 ? 0 : text.lastIndexOf(' ', first - 40) + 1;
    const part = text.slice(start, start + 180);
    const line = document.createElement('span');
    if (start > 0) line.append('… ');
    let rest = 0;
    while (rest < part.length) {
      const found = words
        .map((word) => [part.toLowerCase().indexOf(word, rest), word.length])
        .filter(([at]) => at >= 0)
        .sort((one, other) => one[0] - other[0])[0];
      if (!found) break;
      line.append(part.slice(rest, found[0]));
      rest = found[0] + found[1];
      const mark = line.appendChild(document.createElement('mark'));
      mark.textContent = part.slice(found[0], rest);
    }
    line.append(part.slice(rest), start + 180 < text.length ? ' …' : '');
    return line;
  };

  const choose = (at) => {
    const all = [...results.querySelectorAll('a')];
    all.forEach((link, index) => link.setAttribute('aria-selected', String(index === at)));
    if (all[at]) {
      query.setAttribute('aria-activedescendant', all[at].id);
      all[at].scrollIntoView({ block: 'nearest' });
    } else {
      query.removeAttribute('aria-activedescendant');
    }
  };
  const chosen = () => [...results.querySelectorAll('a')]
    .findIndex((link) => link.getAttribute('aria-selected') === 'true');
  const show = (open) => {
    results.hidden = !open;
    query.setAttribute('aria-expanded', String(open));
    if (!open) query.removeAttribute('aria-activedescendant');
  };

  const search = () => {
    const words = query.value.toLowerCase().split(/\s+/).filter(Boolean);
    if (!index || words.length === 0) return show(false);
    const found = index.search(words.join(' '), window.search.search_options)
      .slice(0, window.search.results_options.limit_results);
    results.replaceChildren(...found.map((hit, at) => {
      const link = document.createElement('a');
      link.id = `result-${at}`;
      link.setAttribute('role', 'option');
      link.href = workbook.root + window.search.doc_urls[hit.ref];
      const where = link.appendChild(document.createElement('span'));
      where.className = 'where';
      // A page's title is its first heading too: once is enough.
      const parts = hit.doc.breadcrumbs.split(' » ');
      where.textContent = parts.filter((part, at) => part !== parts[at - 1]).join(' › ');
      link.append(teaser(hit.doc.body, words));
      return link;
    }));
    if (found.length === 0) {
      const nothing = results.appendChild(document.createElement('p'));
      nothing.textContent = `Nothing about “${query.value.trim()}”.`;
    }
    byId('result-count').textContent = `${found.length} results`;
    show(true);
    choose(found.length ? 0 : -1);
  };

  query.addEventListener('focus', load);
  query.addEventListener('input', () => load().then(search));
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const link = results.querySelectorAll('a')[chosen()];
    if (link && !results.hidden) link.click();
  });
  query.addEventListener('keydown', (event) => {
    const count = results.querySelectorAll('a').length;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && count && !results.hidden) {
      event.preventDefault();
      choose((chosen() + step + count) % count);
    }
  });
  results.addEventListener('click', () => show(false));
  document.addEventListener('click', (event) => { if (!form.contains(event.target)) show(false); });
  form.addEventListener('focusout', (event) => {
    if (event.relatedTarget && !form.contains(event.relatedTarget)) show(false);
  });

  document.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') {
      if (sidebar.classList.contains('open')) { drawer(false); menu.focus(); }
      if (!results.hidden) show(false);
      else if (document.activeElement === query) query.blur();
      return;
    }
    const typing = event.target.closest('input, textarea, select, [contenteditable]');
    if (event.key === '/' && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      query.focus();
      query.select();
    }
  });
})();
