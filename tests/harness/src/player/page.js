// The theme of a page that is nothing but a player: auto follows the system; nothing is remembered,
// because pages from files share no memory that could be relied on.
'use strict';

(() => {
  const themes = ['auto', 'light', 'dark'];
  const button = document.getElementById('theme');
  button.addEventListener('click', () => {
    const now = document.documentElement.dataset.theme;
    const next = themes[(themes.indexOf(now) + 1) % themes.length];
    document.documentElement.dataset.theme = next;
    button.textContent = `Theme: ${next}`;
  });
})();
