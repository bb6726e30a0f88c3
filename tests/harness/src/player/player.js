// The player of recorded runs: the diagram, the buttons and keys that move through it, and the
// panel that says in words and tables what the diagram shows at the current step.
//
// Owns the current step. Every element with the class `player` that holds a run (as JSON, in a
// script element) becomes a player when the page is ready. A page that is nothing but a player says
// so with data-page; then the keys work anywhere in it, and #step=12 in its address opens it at
// step 12.
'use strict';

(() => {
  const player = (globalThis.workbookPlayer ??= {});
  const { element, clean } = player;

  // A longer run than this opens with its quiet steps folded.
  const SHORT = 40;
  // Beyond so many steps a second, telling each of them aloud would only be noise.
  const TOLD = 1;

  const icons = {
    first: 'M6 5v14M19 5l-9 7 9 7z',
    back: 'M16 5l-9 7 9 7z',
    play: 'M7 4l13 8-13 8z',
    pause: 'M7 5v14M17 5v14',
    on: 'M8 5l9 7-9 7z',
    last: 'M18 5v14M5 5l9 7-9 7z',
  };
  const icon = (name) => {
    const holder = document.createElement('template');
    holder.innerHTML = `<svg viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d="${icons[name]}"/></svg>`;
    return holder.content.firstElementChild;
  };

  class Player {
    constructor(root, trace) {
      this.root = root;
      this.page = root.hasAttribute('data-page');
      this.run = new player.Run(trace);
      if (!this.run.steps.length) throw new Error('Nothing happened in this run.');
      this.at = 0;
      this.timer = null;
      this.build();
      this.diagram = new player.Diagram(this.run, this.frame, (at) => this.go(at));
      this.listen();
      this.diagram.fold(this.run.steps.length > SHORT);
      this.fold.setAttribute('aria-pressed', String(this.diagram.folded));
      this.go(this.opening());
    }

    // A failing run opens where it broke; in the book, every run opens at its beginning.
    opening() {
      const asked = this.page ? Number(/^#step=(\d+)$/.exec(location.hash)?.[1]) : 0;
      if (asked) return Math.min(asked, this.run.steps.length) - 1;
      if (this.page && this.run.broken) return this.run.broken.step;
      return this.diagram.shown(0);
    }

    build() {
      const { trace, broken } = this.run;
      const facts = [];
      const fact = (...words) => facts.push(element('span', {}, ...words));
      if (trace.test) fact('test ', element('code', {}, clean(trace.test)));
      if (trace.seed !== null) fact('seed ', element('code', {}, String(trace.seed)));
      if (trace.weather) fact(clean(trace.weather));
      if (trace.shrunk_from) fact(`shrunk from ${trace.shrunk_from} steps`);
      const title = clean(trace.title || trace.test || 'A recorded run');
      this.head = element('div', { class: 'player-head' },
        element(this.page ? 'h1' : 'p', { class: 'player-title' }, title),
        element('p', { class: 'player-facts' }, ...facts));
      this.frame = element('div', {
        class: 'player-frame', tabindex: '0', role: 'group',
        'aria-label': 'Space-time diagram: arrow keys step through it; the text tells each step',
      });
      this.place = element('p', { class: 'player-place' });
      this.sentence = element('p', { class: 'player-sentence' });
      this.changes = element('p', { class: 'player-changes' });
      this.now = element('div',
        { class: 'player-now', 'aria-live': 'polite', 'aria-atomic': 'true' },
        this.place, this.sentence, this.changes);
      this.states = element('div', { class: 'player-states', tabindex: '0', role: 'group',
        'aria-label': 'The state of every node' });
      this.printed = element('div', { class: 'player-printed' });
      const side = element('div', { class: 'player-side' }, this.now, this.states, this.printed);
      this.buildControls();
      const app = element('div', { class: 'player-app' }, this.head);
      if (broken) app.append(this.banner());
      app.append(this.controls, element('div', { class: 'player-body' }, this.frame, side));
      this.asText = this.root.querySelector('.player-as-text');
      this.asText.before(app);
      app.style.setProperty('--player-nodes', this.run.nodes.length);
      this.root.classList.add('player-ready');
    }

    banner() {
      const { invariant, message, step } = this.run.broken;
      const what = invariant ? `${clean(invariant)} is broken: ` : '';
      return element('p', { class: 'player-banner' },
        element('strong', {}, what), `${clean(message)} `,
        element('span', { class: 'player-at' }, `(step ${step + 1})`));
    }

    button(name, label, act) {
      const made = element('button', { type: 'button', 'aria-label': label, title: label });
      made.append(icon(name));
      made.addEventListener('click', act);
      return made;
    }

    // A button with words, and fewer of them where there is little room.
    text(label, short, title, act) {
      const made = element('button', {
        type: 'button', class: 'player-text', title, 'aria-label': label,
      });
      made.append(element('span', { class: 'player-long' }, label));
      made.append(element('span', { class: 'player-short' }, short));
      made.addEventListener('click', act);
      return made;
    }

    buildControls() {
      this.first = this.button('first', 'First step', () => this.edge(0));
      this.back = this.button('back', 'Step back', () => this.step(-1));
      this.playing = this.button('play', 'Play', () => this.play());
      this.on = this.button('on', 'Step forward', () => this.step(1));
      this.last = this.button('last', 'Last step', () => this.edge(1));
      this.next = this.text('Next change', 'Change', 'To the next change of a status (n)',
        () => this.change(1));
      this.fold = this.text('Fold quiet steps', 'Fold', 'Steps that changed nothing (f)',
        () => this.toggle());
      const pace = 'Pace, in steps a second';
      this.pace = element('select', { 'aria-label': pace, title: pace });
      for (const pace of [0.5, 1, 2, 5, 20]) {
        this.pace.append(element('option', { value: pace }, `${pace === 0.5 ? '\u00bd' : pace}/s`));
      }
      this.pace.value = '2';
      this.help = this.text('Help', '?', 'Keys and marks (?)', () => this.showHelp());
      const broken = this.run.broken
        ? [this.text('Broken step', 'Broken', 'To the step that broke it (b)', () => this.jump())]
        : [];
      this.scrub = element('input', {
        type: 'range', min: '1', max: String(Math.max(1, this.run.steps.length)), step: '1',
        'aria-label': 'Step', class: 'player-scrub',
      });
      this.controls = element('div',
        { class: 'player-controls', role: 'group', 'aria-label': 'Steps' },
        element('div', { class: 'player-moves' },
          this.first, this.back, this.playing, this.on, this.last),
        element('div', { class: 'player-more' },
          this.next, ...broken, this.fold, this.pace, this.help),
        this.scrub);
    }

    listen() {
      // Paper shows the text.
      addEventListener('beforeprint', () => { this.asText.open = true; });
      this.scrub.addEventListener('input', () => this.scrubbed(Number(this.scrub.value) - 1));
      this.pace.addEventListener('change', () => { if (this.timer) { this.stop(); this.play(); } });
      (this.page ? document : this.root).addEventListener('keydown', (event) => this.key(event));
      if (this.page) {
        addEventListener('hashchange', () => {
          const asked = Number(/^#step=(\d+)$/.exec(location.hash)?.[1]);
          if (asked && asked !== this.at + 1) this.go(Math.min(asked, this.run.steps.length) - 1);
        });
      }
      // A swipe over the words is a step; over the diagram it scrolls, as everywhere.
      let start = null;
      this.now.addEventListener('pointerdown', (event) => {
        start = event.pointerType === 'mouse' ? null : [event.clientX, event.clientY];
      });
      this.now.addEventListener('pointerup', (event) => {
        if (!start) return;
        const [dx, dy] = [event.clientX - start[0], event.clientY - start[1]];
        start = null;
        if (Math.abs(dx) > 40 && Math.abs(dx) > 2 * Math.abs(dy)) this.step(dx < 0 ? 1 : -1);
      });
    }

    key(event) {
      const other = event.ctrlKey || event.metaKey || event.altKey;
      if (other || event.target.closest?.('dialog')) return;
      const onControl = event.target.closest?.('input, select, textarea, [contenteditable]');
      const moves = /^(Arrow|Home|End|Page)/.test(event.key);
      if (onControl && (event.target !== this.scrub || moves)) return;
      const onButton = event.target.closest?.('button, a, summary');
      const acts = {
        ArrowRight: () => this.step(1), ArrowDown: () => this.step(1),
        ArrowLeft: () => this.step(-1), ArrowUp: () => this.step(-1),
        Home: () => this.edge(0), End: () => this.edge(1),
        n: () => this.change(1), p: () => this.change(-1),
        b: () => this.jump(),
        f: () => this.toggle(), '?': () => this.showHelp(),
      };
      if (!onButton) acts[' '] = () => this.play();
      // In the book, up and down belong to the text, unless the diagram has the focus.
      const vertical = event.key === 'ArrowUp' || event.key === 'ArrowDown';
      if (vertical && !this.page && event.target !== this.frame) return;
      if (!Object.hasOwn(acts, event.key)) return;
      event.preventDefault();
      event.stopPropagation();
      if (event.key !== ' ') this.stop();
      acts[event.key]();
    }

    // The first and the last step that have a row of their own.
    ends() {
      const { diagram } = this;
      const first = diagram.shown(0);
      const end = this.run.steps.length - 1;
      return [first, diagram.shown(end)];
    }

    edge(which) {
      this.stop();
      this.go(this.ends()[which]);
    }

    step(by) {
      this.stop();
      this.go(this.diagram.beside(this.at, by));
    }

    change(by) {
      this.stop();
      const next = this.run.nextStatus(this.at, by);
      if (next >= 0) this.go(next);
    }

    // To the step that broke the invariant.
    jump() {
      this.stop();
      if (this.run.broken) this.go(this.run.broken.step);
    }

    // The scrubber passes over folded steps, to the next that is shown in the direction of the
    // move.
    scrubbed(at) {
      this.stop();
      const { diagram } = this;
      const row = diagram.rowOf[at];
      this.go(diagram.isFold(row) ? diagram.beside(at, at < this.at ? -1 : 1) : at);
    }

    toggle() {
      this.diagram.fold(!this.diagram.folded);
      this.fold.setAttribute('aria-pressed', String(this.diagram.folded));
      this.go(this.diagram.shown(this.at));
    }

    play() {
      if (this.timer) {
        this.stop();
        return;
      }
      const [first, last] = this.ends();
      if (this.at >= last) this.go(first);
      const pace = Number(this.pace.value);
      this.now.setAttribute('aria-live', pace > TOLD ? 'off' : 'polite');
      this.timer = setInterval(() => {
        const next = this.diagram.beside(this.at, 1);
        if (next === this.at) this.stop();
        else this.go(next);
        if (next === this.run.broken?.step || next >= last) this.stop();
      }, 1000 / pace);
      this.showPlaying();
    }

    stop() {
      if (!this.timer) return;
      clearInterval(this.timer);
      this.timer = null;
      this.now.setAttribute('aria-live', 'polite');
      this.showPlaying();
    }

    showPlaying() {
      const label = this.timer ? 'Stop' : 'Play';
      this.playing.replaceChildren(icon(this.timer ? 'pause' : 'play'));
      this.playing.setAttribute('aria-label', label);
      this.playing.title = label;
    }

    // Everything that the page says is about this step from now on.
    go(at) {
      this.at = at;
      this.diagram.go(at);
      player.tell(this, at);
      const [first, last] = this.ends();
      // A button that goes nowhere stays where it is, so that it keeps the focus.
      for (const [button, idle] of [[this.first, at <= first], [this.back, at <= first],
        [this.on, at >= last], [this.last, at >= last],
        [this.next, this.run.nextStatus(at) < 0]]) {
        button.setAttribute('aria-disabled', String(idle));
      }
      this.scrub.value = String(at + 1);
      this.scrub.setAttribute('aria-valuetext', `Step ${at + 1} of ${this.run.steps.length}`);
      if (this.page) this.remember();
    }

    // The address follows, so that a step can be passed on; not at once, because browsers count.
    remember() {
      clearTimeout(this.later);
      this.later = setTimeout(() => {
        try {
          history.replaceState(null, '', `#step=${this.at + 1}`);
        } catch (refused) { /* then it stays as it is */ }
      }, 400);
    }

    showHelp() {
      if (!this.dialog) {
        this.dialog = player.help();
        this.root.append(this.dialog);
      }
      this.stop();
      this.dialog.showModal();
    }
  }

  const begin = (root) => {
    if (root.classList.contains('player-ready') || root.querySelector('.player-damaged')) return;
    try {
      root.player = new Player(root, JSON.parse(root.querySelector('.player-trace').textContent));
    } catch (error) {
      root.append(element('p', { class: 'player-damaged' }, error.message));
    }
  };
  const beginAll = () => document.querySelectorAll('.player').forEach(begin);
  if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', beginAll);
  else beginAll();
})();
