// What a reader can look up: which key does what, and what the marks of the diagram mean.
//
// Owns the dialog's words and samples. A sample wears the classes of what it stands for, so that it
// cannot come to look different. Nothing here comes from a trace.
'use strict';

(() => {
  const player = (globalThis.workbookPlayer ??= {});
  const { element } = player;

  const keys = [
    ['\u2192 or \u2193', 'a step forward'],
    ['\u2190 or \u2191', 'a step back'],
    ['Home, End', 'the first step, the last'],
    ['Space', 'play, or stop'],
    ['n, p', 'the next change of a status, the one before'],
    ['b', 'the step that broke the invariant'],
    ['f', 'fold the quiet steps, or unfold them'],
    ['?', 'this help'],
  ];

  const cross = (x) => `<path class="player-cross" d="M${x - 4} 8l8 8m0 -8l-8 8"/>`;
  const marks = [
    ['<path class="player-arrow" d="M4 12H48"/><path class="player-tip" d="M56 12l-9 4v-8z"/>',
      'a message, from the step that sent it to the step where it arrived'],
    [`<path class="player-arrow player-lost" d="M4 12H48"/>${cross(50)}`, 'a message that is lost'],
    ['<path class="player-arrow player-copy" d="M4 12H48"/>'
      + '<path class="player-tip player-copy" d="M56 12l-9 4v-8z"/>',
      'a copy: it arrived before'],
    ['<path class="player-arrow player-underway" d="M4 12H46"/>'
      + '<circle class="player-underway" cx="48" cy="12" r="2.5"/>',
      'a message that is still under way at the end'],
    ['<path class="player-wait" d="M20 0V24"/>'
      + '<rect class="player-disk" x="31" y="7" width="10" height="10" rx="1.5"/>',
      'waiting for the disk; a square, when the disk has synced'],
    ['<rect class="player-chip" x="3" y="2" width="54" height="20" rx="10"/>',
      'on a lifeline, in words: the new status of a node, or what befell it'],
    ['<path class="player-still" d="M30 0V24"/>',
      'a node that stands still; one that is down has no line'],
    ['<path class="player-cut-span" d="M30 0V24"/>', 'at the left edge: links are cut'],
  ];

  const list = (pairs) => {
    const made = element('dl', {});
    for (const [term, does] of pairs) made.append(element('dt', {}, term), element('dd', {}, does));
    return made;
  };

  const sample = (shapes) => {
    const holder = document.createElement('template');
    holder.innerHTML =
      `<svg viewBox="0 0 60 24" width="60" height="24" aria-hidden="true">${shapes}</svg>`;
    return holder.content.firstElementChild;
  };

  player.help = () => {
    const close = element('button', { type: 'button', class: 'player-text' }, 'Close');
    const dialog = element('dialog', { class: 'player-help', 'aria-label': 'Help' },
      element('p', { class: 'player-help-title' }, 'Keys'), list(keys),
      element('p', {}, 'Or tap a step in the diagram, or swipe over the words that describe it.'),
      element('p', { class: 'player-help-title' }, 'Marks'),
      list(marks.map(([shapes, does]) => [sample(shapes), does])), close);
    close.addEventListener('click', () => dialog.close());
    return dialog;
  };
})();
