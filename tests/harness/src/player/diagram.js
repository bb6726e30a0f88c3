// The space-time diagram of a run: one row a step, or one for many quiet steps.
//
// Owns which rows there are, which of them are drawn, and what is in sight. Only the rows in sight
// are drawn, with a few more above and below, so that the number of steps costs nothing but memory.
// What a row looks like is the painter's; it knows no buttons: a step that a person picks goes to
// `picked`.
'use strict';

(() => {
  const player = (globalThis.workbookPlayer ??= {});
  const { element, ROW, BLOCK } = player;

  const NARROWEST = 92;
  const WIDEST = 250;
  // So many rows are drawn beyond both edges; they are redrawn when fewer than half of them are
  // left.
  const BEYOND = 16;

  class Diagram extends player.Painter {
    constructor(run, frame, picked) {
      super();
      this.run = run;
      this.frame = frame;
      this.picked = picked;
      this.at = 0;
      this.folded = false;
      this.opened = new Set();
      this.lanes = element('div', { class: 'player-lanes' });
      this.sheet = element('div', { class: 'player-sheet' });
      // The parser knows the namespace of drawings; writing it out would be an address in the page.
      this.sheet.innerHTML =
        '<svg class="player-drawing" aria-hidden="true" focusable="false"></svg>';
      this.svg = this.sheet.firstChild;
      frame.append(this.lanes, this.sheet);
      this.heads = run.nodes.map((name) => {
        const status = element('span', { class: 'player-lane-status' });
        const head = element('div', { class: 'player-lane' }, element('b', {}, name), status);
        this.lanes.append(head);
        return { head, status };
      });
      this.svg.addEventListener('click', (event) => this.click(event));
      frame.addEventListener('scroll', () => this.soon(), { passive: true });
      new ResizeObserver(() => this.resize()).observe(frame);
      this.layOut();
    }

    // Which rows there are: a step each, or a fold of quiet steps in a row.
    layOut() {
      const { steps, tells } = this.run;
      this.rows = [];
      this.rowOf = new Int32Array(steps.length);
      for (let at = 0; at < steps.length;) {
        let end = at + 1;
        if (this.folded && !tells[at]) while (end < steps.length && !tells[end]) end += 1;
        if (end - at > 1 && !this.opened.has(at)) {
          this.rowOf.fill(this.rows.length, at, end);
          this.rows.push({ from: at, to: end });
        } else {
          for (let step = at; step < end; step += 1) {
            this.rowOf[step] = this.rows.length;
            this.rows.push({ from: step, to: step + 1 });
          }
        }
        at = end;
      }
      this.sortArrows();
      this.sheet.style.height = `${(this.rows.length + 0.5) * ROW}px`;
      this.drawn = null;
      this.resize();
    }

    // An arrow belongs to every block of rows that it crosses. What arrives inside a fold is
    // folded.
    sortArrows() {
      this.blocks = [];
      for (const arrow of this.run.arrows) {
        const end = this.rowOf[arrow.end];
        const start = arrow.start < 0 ? end : this.rowOf[arrow.start];
        if (this.isFold(end)) continue;
        const placed = { arrow, start, end };
        for (let block = start / BLOCK | 0; block <= (end / BLOCK | 0); block += 1) {
          (this.blocks[block] ??= []).push(placed);
        }
      }
    }

    // Folds the quiet steps, or unfolds them.
    fold(folded) {
      this.folded = folded;
      this.opened.clear();
      this.layOut();
    }

    // The step itself if it has a row of its own; else the nearest before it that has, or after it.
    shown(at) {
      if (!this.isFold(this.rowOf[at])) return at;
      const before = this.beside(at, -1);
      return before === at ? this.beside(at, 1) : before;
    }

    // Unfolds the quiet steps around a step.
    open(at) {
      const row = this.rowOf[at];
      if (!this.isFold(row)) return;
      this.opened.add(this.rows[row].from);
      this.layOut();
    }

    // The steps that have a row of their own, for stepping: the nearest after `at`, or before it.
    beside(at, by) {
      const row = this.rowOf[at];
      for (let next = row + by; next >= 0 && next < this.rows.length; next += by) {
        if (!this.isFold(next)) return this.rows[next].from;
      }
      return at;
    }

    resize() {
      const width = this.frame.clientWidth;
      if (!width) return;
      const nodes = Math.max(1, this.run.nodes.length);
      this.gutter = width < 480 ? 38 : 46;
      const spacing = Math.min(WIDEST, Math.max(NARROWEST, (width - this.gutter) / nodes));
      const wide = Math.max(width, this.gutter + nodes * spacing);
      if (wide === this.wide && spacing === this.spacing && this.drawn) return;
      this.wide = wide;
      this.spacing = spacing;
      this.margin = this.gutter + (wide - this.gutter - nodes * spacing) / 2;
      const size = spacing < 112 ? 11 : 12;
      this.font = `${size}px ${getComputedStyle(this.frame).fontFamily}`;
      this.svg.style.fontSize = `${size}px`;
      this.lanes.style.width = this.sheet.style.width = `${wide}px`;
      this.heads.forEach(({ head }, node) => {
        head.style.left = `${this.x(node) - spacing / 2}px`;
        head.style.width = `${spacing}px`;
      });
      this.drawn = null;
      this.soon();
    }

    soon() {
      this.waiting ??= requestAnimationFrame(() => { this.waiting = null; this.draw(); });
    }

    // Shows step `at`: marks it, and scrolls if it is not well in sight.
    go(at) {
      this.open(at);
      const forward = at > this.at;
      const near = Math.abs(this.rowOf[at] - this.rowOf[this.at]) === 1;
      this.at = at;
      const { frame } = this;
      const height = frame.clientHeight - this.lanes.offsetHeight;
      const y = this.y(this.rowOf[at]);
      const place = y - frame.scrollTop;
      const room = Math.min(2.5 * ROW, height / 4);
      if (place < room || place > height - room) {
        frame.scrollTop = Math.max(0, near ? y - (forward ? height - room : room) : y - height / 2);
      }
      this.intoSight(at);
      this.showStates();
      this.draw();
      if (forward && near) this.fly(at);
    }

    // Where the lanes do not fit side by side, the step's own lane comes into sight.
    intoSight(at) {
      const { node } = this.run.steps[at];
      const { frame } = this;
      if (this.wide <= frame.clientWidth || node === null) return;
      const left = this.x(node) - this.spacing / 2 - this.gutter;
      const right = this.x(node) + this.spacing / 2;
      if (frame.scrollLeft > left) frame.scrollLeft = left;
      frame.scrollLeft = Math.max(frame.scrollLeft, right - frame.clientWidth);
    }

    showStates() {
      this.heads.forEach(({ head, status }, node) => {
        const { status: text, gap } = this.run.stateOf(node, this.at);
        status.textContent = gap === 'down' ? 'down' : gap === 'still' ? 'stands still' : text;
        head.classList.toggle('player-down', gap === 'down');
      });
    }

    draw() {
      if (!this.wide || !this.rows.length) return;
      const { scrollTop, clientHeight } = this.frame;
      const top = Math.max(0, Math.floor(scrollTop / ROW));
      const bottom = Math.min(this.rows.length, Math.ceil((scrollTop + clientHeight) / ROW));
      const spare = BEYOND / 2;
      const enough = this.drawn && this.drawn.first <= Math.max(0, top - spare)
        && this.drawn.last >= Math.min(this.rows.length, bottom + spare);
      if (!enough) {
        this.drawRows(Math.max(0, top - BEYOND), Math.min(this.rows.length, bottom + BEYOND));
      }
      this.mark();
    }

    // The current row and its messages are marked, and what is still to come is pale.
    mark() {
      const row = this.rowOf[this.at];
      const bad = this.run.broken?.step === this.at;
      this.current.setAttribute('y', row * ROW);
      this.current.classList.toggle('player-bad', bad);
      const end = (this.rows.length + 1) * ROW;
      this.future.setAttribute('y', (row + 1) * ROW);
      this.future.setAttribute('height', Math.max(0, end - (row + 1) * ROW));
      for (const { arrow, shape } of this.drawnArrows) {
        shape.classList.toggle('player-hot', arrow.start === this.at || arrow.end === this.at);
      }
    }

    click(event) {
      const y = event.clientY - this.sheet.getBoundingClientRect().top;
      const row = Math.min(this.rows.length - 1, Math.max(0, Math.floor(y / ROW)));
      if (this.isFold(row)) this.open(this.rows[row].from);
      else this.picked(this.rows[row].from);
      this.draw();
    }
  }

  Object.assign(player, { Diagram });
})();
