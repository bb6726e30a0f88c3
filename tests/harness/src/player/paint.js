// How a run is drawn: lifelines, arrows, and what stands on them. Time goes down, a row a step; a
// message is an arrow from the row that sent it to the row where it arrived.
//
// Owns shapes and places, given the rows. Colours and strokes are the style sheet's. Texts come
// from the trace, so they are set as text and never parsed.
'use strict';

(() => {
  const player = (globalThis.workbookPlayer ??= {});

  const ROW = 34;
  // Arrows are looked up by blocks of so many rows.
  const BLOCK = 32;
  const DOT = 4.5;
  // An arrow over more rows than this is pale.
  const PALE = 9;

  // An element with attributes; text is always text, never markup.
  const element = (tag, attributes = {}, ...inside) => {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    made.append(...inside);
    return made;
  };

  const measure = (() => {
    const known = new Map();
    let pen = null;
    return (text, font) => {
      const key = `${font}|${text}`;
      if (!known.has(key)) {
        if (known.size > 5000) known.clear();
        pen ??= document.createElement('canvas').getContext('2d');
        pen.font = font;
        known.set(key, pen.measureText(text).width);
      }
      return known.get(key);
    };
  })();

  class Painter {
    shape(tag, attributes, parent = this.layer) {
      const made = document.createElementNS(this.svg.namespaceURI, tag);
      for (const name in attributes) made.setAttribute(name, attributes[name]);
      parent.append(made);
      return made;
    }

    isFold(row) {
      return this.rows[row].to - this.rows[row].from > 1;
    }

    x(node) { return this.margin + (node + 0.5) * this.spacing; }
    y(row) { return (row + 0.5) * ROW; }

    drawRows(first, last) {
      this.drawn = { first, last };
      const height = (last - first + 1) * ROW;
      this.svg.style.top = `${first * ROW}px`;
      this.svg.setAttribute('width', this.wide);
      this.svg.setAttribute('height', height);
      this.svg.setAttribute('viewBox', `0 ${first * ROW} ${this.wide} ${height}`);
      this.layer = document.createDocumentFragment();
      this.current = this.shape('rect', {
        class: 'player-current', x: 3, width: this.wide - 6, height: ROW, rx: 6,
      });
      this.drawLifelines(first, last);
      this.drawArrows(first, last);
      for (let row = first; row < last; row += 1) this.drawRow(row);
      this.future = this.shape('rect', { class: 'player-future', x: 0, width: this.wide });
      this.svg.replaceChildren(this.layer);
    }

    // From row `start` to row `end`, as far as they are drawn.
    upright(kind, x, start, end) {
      const from = Math.max(start, (this.drawn.first - 1) * ROW);
      const to = Math.min(end, (this.drawn.last + 1) * ROW);
      if (to > from) this.shape('path', { class: kind, d: `M${x} ${from}V${to}` });
    }

    drawLifelines(first, last) {
      const { run } = this;
      const bottom = (this.rows.length + 1) * ROW;
      const place = (step) => (step < run.steps.length ? this.y(this.rowOf[step]) : bottom);
      const seen = ({ start, end }) => place(end) >= first * ROW && place(start) <= last * ROW;
      run.nodes.forEach((_, node) => {
        let from = 0;
        for (const gap of run.gaps[node]) {
          this.upright('player-lifeline', this.x(node), from, place(gap.start));
          from = place(gap.end);
          if (gap.kind === 'still' && seen(gap)) {
            this.upright('player-still', this.x(node), place(gap.start), from);
          }
        }
        this.upright('player-lifeline', this.x(node), from, bottom);
      });
      for (const cut of run.cuts.filter(seen)) {
        this.upright('player-cut-span', 5, place(cut.start), place(cut.end));
      }
      for (const wait of run.waits) {
        const [from, to] = [place(wait.start), wait.end === 'waiting' ? bottom : place(wait.stop)];
        if (to < first * ROW || from > last * ROW || from === to) continue;
        this.drawWait(wait, from, to);
      }
    }

    // What waits for the disk hangs beside the lifeline, from the step that wants to send it to the
    // sync that lets it go.
    drawWait({ node, start, stop, end }, from, to) {
      const x = this.x(node);
      const edges = [start, stop].map((at) => x + this.half(at, node));
      const side = Math.min(Math.max(...edges) + 7, x + this.spacing / 2 - 3);
      this.upright('player-wait', side, from, to);
      const join = (edge, y) => {
        if (edge < side) this.shape('path', { class: 'player-wait', d: `M${edge} ${y}H${side}` });
      };
      join(edges[0], from);
      if (end === 'released') join(edges[1] + 2, to);
      if (end === 'lost') this.cross(side, to - 12, 'player-lost');
    }

    // Half the width of what stands on a lifeline at this step.
    half(at, node) {
      if (at < 0 || this.run.steps[at].node !== node || this.isFold(this.rowOf[at])) return DOT;
      const text = this.chip(this.run.steps[at]);
      return text ? measure(text, this.font) / 2 + 8 : DOT;
    }

    // A new status, or a fault, stands on the lifeline in words.
    chip(step) {
      const words = { crash: 'crashes', pause: 'stands still', resume: 'goes on', wipe: 'loses its disk' };
      const asked = step.event.kind === 'command' ? step.event.label : '';
      const text = words[step.event.kind] ?? player.clean(step.says || asked);
      return text ? this.fit(text, this.spacing - 18) : '';
    }

    fit(text, room) {
      if (measure(text, this.font) <= room) return text;
      let [few, many] = [0, text.length];
      while (few < many) {
        const middle = (few + many + 1) >> 1;
        if (measure(`${text.slice(0, middle)}\u2026`, this.font) <= room) few = middle;
        else many = middle - 1;
      }
      return few ? `${text.slice(0, few)}\u2026` : '';
    }

    // Where an arrow begins and ends.
    ends({ arrow, start, end }) {
      const to = Math.sign(arrow.to - arrow.from);
      const y2 = this.y(end);
      const x1 = this.x(arrow.from) + to * this.half(arrow.start, arrow.from);
      const y1 = arrow.start < 0 ? y2 : this.y(start);
      if (arrow.kind === 'underway') {
        return { to, x1, y1, x2: x1 + to * Math.min(46, this.spacing / 3), y2: y1 + 0.4 * ROW };
      }
      const rest = arrow.kind === 'lost' ? 20 : 2;
      const x2 = this.x(arrow.to) - to * (this.half(arrow.end, arrow.to) + rest);
      return { to, x1, y1, x2, y2 };
    }

    drawArrows(first, last) {
      const seen = new Set();
      for (let block = first / BLOCK | 0; block <= (last / BLOCK | 0); block += 1) {
        for (const placed of this.blocks[block] ?? []) {
          if (placed.start <= last && placed.end >= first) seen.add(placed);
        }
      }
      const placed = [...seen].map(({ arrow, start, end }) => (
        { arrow, ...this.ends({ arrow, start, end }) }));
      // Words last: no line crosses them out.
      this.drawnArrows = placed.map((one) => ({ arrow: one.arrow, shape: this.drawArrow(one) }));
      placed.forEach((one) => this.drawLabel(one));
    }

    // A message that was long under way is pale, so that many of them hide nothing.
    drawArrow({ arrow, x1, y1, x2, y2 }) {
      const pale = y2 - y1 > PALE * ROW ? ' player-pale' : '';
      const d = `M${x1} ${y1}L${x2} ${y2}`;
      const line = this.shape('path', { class: `player-arrow player-${arrow.kind}${pale}`, d });
      if (arrow.kind === 'underway') {
        this.shape('circle', { class: 'player-underway', cx: x2, cy: y2, r: 2.5 });
      } else if (arrow.kind === 'lost') {
        this.cross(x2, y2, 'player-lost');
      } else {
        this.head(x1, y1, x2, y2, arrow.kind);
      }
      return line;
    }

    // What a message says stands under the arrow's end, where nothing else of this row is.
    drawLabel({ arrow, to, x2, y2 }) {
      if (arrow.kind === 'underway') return;
      const lanes = Math.abs(arrow.to - arrow.from);
      const taken = Math.abs(this.x(arrow.to) - x2) + 14;
      const room = Math.max(52, this.spacing * Math.min(lanes, 1.6) - taken);
      const said = arrow.kind === 'copy' ? `${arrow.label} (copy)` : arrow.label;
      const gap = arrow.kind === 'lost' ? 10 : 8;
      this.words(`player-label player-${arrow.kind}`, x2 - to * gap, y2 + 13,
        this.fit(said, room), to > 0 ? 'end' : 'start');
    }

    head(x1, y1, x2, y2, kind) {
      const length = Math.hypot(x2 - x1, y2 - y1) || 1;
      const [dx, dy] = [(x2 - x1) / length, (y2 - y1) / length];
      const side = (back, aside) => `${x2 - dx * back - dy * aside} ${y2 - dy * back + dx * aside}`;
      this.shape('path', { class: `player-tip player-${kind}`,
        d: `M${x2} ${y2}L${side(9, 4)}L${side(9, -4)}Z` });
    }

    cross(x, y, kind) {
      const d = `M${x - 4.5} ${y - 4.5}l9 9m0 -9l-9 9`;
      this.shape('path', { class: `player-cross ${kind}`, d });
    }

    words(kind, x, y, text, anchor) {
      if (!text) return;
      this.shape('text', { class: kind, x, y, 'text-anchor': anchor }).textContent = text;
    }

    drawRow(row) {
      const { from } = this.rows[row];
      const y = this.y(row);
      const step = this.run.steps[from];
      const before = from > 0 ? this.run.steps[from - 1].time : -1;
      const broken = this.run.broken?.step === from;
      if (this.isFold(row)) {
        this.drawFold(this.rows[row], y);
        return;
      }
      if (broken) this.cross(12, y, 'player-lost');
      if (step.time !== before || this.isFold(Math.max(0, row - 1))) {
        this.words('player-time', this.gutter - 8, y + 4, String(step.time), 'end');
      }
      if (step.node === null) {
        this.drawNetwork(step, y);
        return;
      }
      this.drawStop(step, from, y, broken);
    }

    drawFold({ from, to }, y) {
      const middle = (this.wide + this.gutter) / 2;
      const text = `${to - from} quiet steps`;
      const half = measure(text, this.font) / 2 + 26;
      this.shape('path', { class: 'player-fold', d: `M${this.gutter} ${y}H${this.wide - 8}` });
      this.shape('rect', {
        class: 'player-fold-back', x: middle - half, y: y - 11, width: 2 * half, height: 22, rx: 11,
      });
      this.words('player-fold-text', middle, y + 4, `\u22ef ${text}`, 'middle');
    }

    drawNetwork(step, y) {
      const cut = step.event.kind === 'cut';
      const kind = cut ? 'player-cut' : 'player-heal';
      const d = `M${this.gutter} ${y}H${this.wide - 8}`;
      this.shape('path', { class: `player-network ${kind}`, d });
      const said = { heal: 'all links work', calm: `calm${this.without(step.event.dead)}` };
      const text = cut ? `cut: ${this.run.links(step.event.links)}` : said[step.event.kind];
      const fits = this.fit(text, this.wide - this.gutter - 60);
      const half = measure(fits, this.font) / 2 + 10;
      const middle = (this.wide + this.gutter) / 2;
      this.shape('rect', {
        class: `player-chip ${kind}`, rx: 5,
        x: middle - half, y: y - 11, width: 2 * half, height: 22,
      });
      this.words(`player-chip-text ${kind}`, middle, y + 4, fits, 'middle');
    }

    without(dead) {
      return dead?.length ? `, without ${dead.map((node) => this.run.nodes[node]).join(' ')}` : '';
    }

    // What stands on a node's lifeline: its news, or a dot; a square is the disk.
    drawStop(step, at, y, broken) {
      const x = this.x(step.node);
      const { kind } = step.event;
      const text = this.chip(step);
      const tone = broken || kind === 'crash' ? 'player-bad' : `player-on-${kind}`;
      if (text) {
        const half = this.half(at, step.node);
        this.shape('rect', {
          class: `player-chip ${tone}`, x: x - half, y: y - 11, width: 2 * half, height: 22, rx: 11,
        });
        this.words(`player-chip-text ${tone}`, x, y + 4, text, 'middle');
      } else if (kind === 'sync') {
        this.shape('rect', {
          class: 'player-disk', x: x - 5, y: y - 5, width: 10, height: 10, rx: 1.5,
        });
      } else if (kind !== 'lose') {
        this.shape('circle', { class: `player-dot ${tone}`, cx: x, cy: y, r: DOT });
      }
      const beside = {
        sync: 'synced', work: 'works', restart: 'restarts', timeout: 'timer fires', tick: text ? '' : 'tick',
      }[kind];
      if (!beside) return;
      const away = this.half(at, step.node) + 8;
      // On the side where no arrow begins, if there is one; below, where there is no room.
      const rightward = step.sends.some(({ to }) => to > step.node);
      const side = rightward && !step.sends.some(({ to }) => to < step.node) ? -1 : 1;
      const end = away + measure(beside, this.font);
      const taken = kind === 'sync' && side > 0 && step.sends.length > 0;
      if (taken || end > this.spacing / 2 + 8 || x + end > this.wide - 4) {
        this.words('player-beside', x, y + 22, beside, 'middle');
      } else {
        this.words('player-beside', x + side * away, y + 4, beside, side > 0 ? 'start' : 'end');
      }
    }

    // A step forward that a message brought: a dot runs along its arrow.
    fly(at) {
      const arrow = this.run.arrowTo.get(at);
      const still = matchMedia('(prefers-reduced-motion: reduce)').matches;
      if (!arrow || arrow.start < 0 || still) return;
      const { x1, y1, x2, y2 } = this.ends({
        arrow, start: this.rowOf[arrow.start], end: this.rowOf[at],
      });
      this.flying?.remove();
      const dot = this.shape('circle', { class: 'player-flying', r: 4 }, this.svg);
      this.flying = dot;
      const place = (x, y) => ({ transform: `translate(${x}px, ${y}px)` });
      dot.animate([place(x1, y1), place(x2, y2)], { duration: 220, easing: 'ease-out' })
        .finished.then(() => dot.remove(), () => dot.remove());
    }
  }

  Object.assign(player, { Painter, element, ROW, BLOCK });
})();
