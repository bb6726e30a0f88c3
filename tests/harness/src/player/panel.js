// What the panel beside the diagram says of a step: its place in the run, a sentence, what changed,
// the table of all nodes' states, and what the code printed.
//
// Owns words and tables. All of them come from the trace, so they are set as text and never parsed.
'use strict';

(() => {
  const player = (globalThis.workbookPlayer ??= {});
  const { element, clean } = player;

  const hidden = (text) => element('span', { class: 'player-hidden' }, text);

  const cell = (node, name) => {
    const { fields, changed, old } = node;
    if (!fields.has(name)) return element('td', { class: 'player-none' }, '\u2013');
    const made = element('td', {}, clean(fields.get(name)));
    if (changed.has(name)) {
      made.className = 'player-changed';
      made.append(hidden(old.has(name) ? `, changed from ${clean(old.get(name))}` : ', new'));
    }
    return made;
  };

  // Nodes side by side, as in the diagram; a row for each name.
  const table = (run, nodes, actor) => {
    const head = element('tr', {}, element('th', { scope: 'col' }, hidden('Name')));
    nodes.forEach((node, at) => {
      const title = element('th', { scope: 'col' }, run.nodes[at]);
      if (at === actor) title.className = 'player-actor';
      head.append(title);
    });
    const body = element('tbody', {});
    if (nodes.some((node) => node.gap)) {
      const words = { down: 'down', still: 'stands still' };
      const cells = nodes.map(({ gap }) => element('td', {}, words[gap] ?? 'up'));
      body.append(element('tr', {}, element('th', { scope: 'row' }, 'power'), ...cells));
    }
    for (const name of run.fields) {
      const cells = nodes.map((node) => cell(node, name));
      body.append(element('tr', {}, element('th', { scope: 'row' }, clean(name)), ...cells));
    }
    return element('table', {}, element('thead', {}, head), body);
  };

  const changesOf = ({ changed, old, fields }) => [...changed].map((name) => {
    const was = old.has(name) ? `${clean(old.get(name))} \u2192 ` : '';
    return `${clean(name)} ${was}${clean(fields.get(name))}`;
  }).join(', ');

  // Shows step `at` in the panel of a player.
  player.tell = ({ run, place, sentence, changes, states, printed }, at) => {
    const step = run.steps[at];
    place.textContent = `Step ${at + 1} of ${run.steps.length}, tick ${step.time}`;
    sentence.textContent = run.sentence(at);
    const nodes = run.nodes.map((_, node) => run.stateOf(node, at));
    const news = step.node === null ? '' : changesOf(nodes[step.node]);
    const cut = run.cutLinks(at);
    changes.replaceChildren();
    if (news) changes.append(element('span', {}, news));
    if (cut) {
      const text = `Links that are cut: ${cut}`;
      changes.append(element('span', { class: 'player-cut-links' }, text));
    }
    if (run.broken?.step === at) {
      const what = run.broken.invariant ? clean(run.broken.invariant) : 'it';
      const text = `This broke ${what}: ${clean(run.broken.message)}`;
      changes.append(element('strong', { class: 'player-breaks' }, text));
    }
    states.replaceChildren(table(run, nodes, step.node));
    printed.replaceChildren();
    if (step.printed) {
      printed.append(element('p', {}, `${run.nodes[step.node] ?? 'It'} printed`),
        element('pre', {}, clean(step.printed)));
    }
  };
})();
