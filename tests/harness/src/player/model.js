// A recorded run, read once and prepared to be asked: who was in which state at a step, which
// message became which arrow, what waited for the disk, when a node was up, and which steps tell
// something.
//
// Owns the meaning of a trace (the format is harness::report::Trace). It touches no page, so all
// that the diagram and the panel show can be checked here. Steps are counted from 0; people count
// from 1.
'use strict';

(() => {
  const player = (globalThis.workbookPlayer ??= {});

  // A trace is data from elsewhere: colour codes go, and characters that would steer the page's
  // text (control characters, changes of direction) become visible.
  const clean = (text) => String(text)
    .replace(/\x1b\[[0-9;]*[A-Za-z]/g, '')
    .replace(/[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, '\u00b7');

  const quoted = (label) => `\u201c${clean(label)}\u201d`;

  const own = ['start', 'tick', 'timeout', 'sync', 'work', 'crash', 'restart', 'pause', 'resume',
    'wipe', 'command'];
  const passing = ['deliver', 'lose'];
  const network = ['cut', 'heal', 'calm'];

  // Why a trace cannot be shown, or nothing. Every number in it must point to something.
  const damage = (trace) => {
    if (!trace || !Array.isArray(trace.nodes) || !Array.isArray(trace.steps)) {
      return 'it is not a run of the workbook';
    }
    const node = (number) => Number.isInteger(number) && number >= 0 && number < trace.nodes.length;
    const wrong = trace.steps.findIndex((step) => {
      const { kind, from, links = [], dead = [] } = step.event ?? {};
      const onNode = own.includes(kind) || passing.includes(kind);
      return (onNode ? !node(step.node) : !network.includes(kind))
        || (passing.includes(kind) && !node(from))
        || !Array.isArray(step.sends) || !step.sends.every((sent) => node(sent.to))
        || !Array.isArray(step.state) || !Array.isArray(step.answers ?? [])
        || !links.every((link) => node(link[0]) && node(link[1]))
        || !dead.every(node);
    });
    if (wrong >= 0) return `its step ${wrong + 1} names something that is not there`;
    const broken = trace.broken?.step ?? 0;
    return trace.broken && !(broken >= 0 && broken < trace.steps.length)
      ? `it breaks at step ${broken + 1} of ${trace.steps.length}` : null;
  };

  const sameState = (one, other) => one.length === other.length
    && one.every(([name, value], at) => name === other[at][0] && value === other[at][1]);

  class Run {
    constructor(trace) {
      const reason = damage(trace);
      if (reason) throw new Error(`This run is damaged: ${reason}.`);
      this.trace = trace;
      this.steps = trace.steps;
      this.nodes = trace.nodes.map(clean);
      this.broken = trace.broken ?? null;
      this.follow();
      this.pairMessages();
      this.findWaits();
      this.findLives();
      this.findTelling();
      const names = new Set();
      for (const step of this.steps) for (const [name] of step.state) names.add(name);
      // The rows of the table of states: every name that any node ever has.
      this.fields = [...names];
    }

    // For each step, the newest step of every node up to it, and the newest that changed its
    // status.
    follow() {
      const size = this.nodes.length;
      this.newest = new Int32Array(this.steps.length * size).fill(-1);
      this.newestStatus = new Int32Array(this.steps.length * size).fill(-1);
      this.steps.forEach((step, at) => {
        const row = at * size;
        if (at > 0) {
          this.newest.copyWithin(row, row - size, row);
          this.newestStatus.copyWithin(row, row - size, row);
        }
        if (step.node === null || step.node === undefined) return;
        this.newest[row + step.node] = at;
        if (step.says) this.newestStatus[row + step.node] = at;
      });
    }

    // The step before `at` on the same node, or -1.
    before(at) {
      const node = this.steps[at].node;
      return at === 0 || node === null ? -1 : this.newest[(at - 1) * this.nodes.length + node];
    }

    // Every arrival is an arrow from the step that sent the packet; what never arrives is under
    // way.
    pairMessages() {
      const sent = new Map();
      this.arrows = [];
      this.arrowTo = new Map();
      this.steps.forEach((step, at) => {
        for (const { packet, to, label } of step.sends) {
          if (packet !== null) sent.set(packet, { start: at, from: step.node, to, label });
        }
        const { kind, packet, from, label, copy } = step.event;
        if (!passing.includes(kind)) return;
        const origin = sent.get(packet);
        if (origin) origin.arrived = true;
        if (from === step.node) return;
        const what = kind === 'lose' ? 'lost' : copy ? 'copy' : 'message';
        const arrow = {
          kind: what, start: origin?.start ?? -1, end: at, from, to: step.node, label: clean(label),
        };
        this.arrows.push(arrow);
        this.arrowTo.set(at, arrow);
      });
      for (const { start, from, to, label, arrived } of sent.values()) {
        if (arrived || from === null || from === to) continue;
        this.arrows.push({ kind: 'underway', start, end: start, from, to, label: clean(label) });
      }
    }

    // A message without a packet number waits for the disk: until a sync of its node sends the
    // same, or a crash takes it.
    findWaits() {
      this.waits = [];
      const open = this.nodes.map(() => []);
      const close = (node, at, end, wanted) => {
        open[node] = open[node].filter((wait) => {
          if (!wanted(wait)) return true;
          this.waits.push({ ...wait, node, stop: at, end });
          return false;
        });
      };
      this.steps.forEach((step, at) => {
        const { kind } = step.event;
        if (kind === 'sync') {
          for (const { packet, to, label } of step.sends) {
            if (packet === null) continue;
            const wait = open[step.node].find((one) => one.to === to && one.label === label);
            close(step.node, at, 'released', (one) => one === wait);
          }
        }
        if (kind === 'crash') close(step.node, at, 'lost', () => true);
        for (const { packet, to, label } of step.sends) {
          if (packet === null) open[step.node].push({ start: at, to, label });
        }
      });
      this.nodes.forEach((_, node) => close(node, this.steps.length - 1, 'waiting', () => true));
    }

    // When each node is down or stands still, and when links are cut: spans of steps.
    findLives() {
      const last = this.steps.length;
      this.gaps = this.nodes.map(() => []);
      this.cuts = [];
      let cut = null;
      const end = (node, at) => {
        const gap = this.gaps[node].at(-1);
        if (gap && gap.end === last) gap.end = at;
      };
      this.steps.forEach(({ node, event }, at) => {
        switch (event.kind) {
          case 'crash': case 'pause':
            end(node, at);
            this.gaps[node].push({
              kind: event.kind === 'crash' ? 'down' : 'still', start: at, end: last,
            });
            break;
          case 'restart': case 'resume': end(node, at); break;
          case 'cut':
            if (cut) cut.end = at;
            cut = { start: at, end: last, links: [...(cut?.links ?? []), ...event.links] };
            this.cuts.push(cut);
            break;
          case 'heal': case 'calm': if (cut) cut.end = at; cut = null; break;
        }
      });
    }

    // The steps that a reader would miss if they were left out: what changed a state, every fault,
    // what was printed, what a sync released, and the steps that sent a message which changed
    // something.
    findTelling() {
      const faults = ['crash', 'restart', 'pause', 'resume', ...network, 'wipe', 'command'];
      this.tells = new Uint8Array(this.steps.length);
      this.steps.forEach((step, at) => {
        const { kind } = step.event;
        if (kind === 'start') return;
        const before = this.before(at);
        const changed = step.node !== null
          && !sameState(step.state, before < 0 ? [] : this.steps[before].state);
        const released = kind === 'sync' && step.sends.length > 0;
        const said = step.says || step.printed || step.answers?.length;
        if (!(changed || released || said || faults.includes(kind))) return;
        this.tells[at] = 1;
        const arrow = this.arrowTo.get(at);
        if (arrow && arrow.start >= 0) this.tells[arrow.start] = 1;
      });
      for (const { start } of this.waits) this.tells[start] = 1;
      if (this.broken) this.tells[this.broken.step] = 1;
    }

    // What a node is after step `at`: its status, whether it is up, and its fields by name.
    stateOf(node, at) {
      const size = this.nodes.length;
      const newest = this.newest[at * size + node];
      const status = this.newestStatus[at * size + node];
      const gap = this.gaps[node].find((one) => one.start <= at && at < one.end);
      const fields = new Map(newest < 0 ? [] : this.steps[newest].state);
      const before = newest === at ? this.before(at) : newest;
      const old = new Map(before < 0 ? [] : this.steps[before].state);
      // A node that starts, or starts again, is new as a whole; marking all of it would say
      // nothing.
      const marked = old.size > 0 && fields.size > 0;
      const changed = new Set();
      for (const [name, value] of fields) if (marked && old.get(name) !== value) changed.add(name);
      return {
        status: status < 0 ? '' : clean(this.steps[status].says),
        statusChanged: status === at,
        gap: gap?.kind ?? null,
        fields, old, changed,
      };
    }

    // The links that are cut after step `at`.
    cutLinks(at) {
      const cut = this.cuts.find((one) => one.start <= at && at < one.end);
      return cut ? this.links(cut.links) : '';
    }

    links(links) {
      return links.map(([from, to]) => `${this.nodes[from]}\u2192${this.nodes[to]}`).join(' ');
    }

    // The next step after `at` (or before, backwards) that changed a node's status; -1 if there is
    // none.
    nextStatus(at, by = 1) {
      for (let step = at + by; step >= 0 && step < this.steps.length; step += by) {
        if (this.steps[step].says && this.steps[step].event.kind !== 'start') return step;
      }
      return -1;
    }

    happened({ event }) {
      const { kind, from, label, copy, count, links } = event;
      switch (kind) {
        case 'start': return 'starts';
        case 'tick': return `hears its clock tick${count === 1 ? '' : ` ${count} times`}`;
        case 'timeout': return 'has its election timer fire';
        case 'deliver':
          return `receives ${copy ? 'a copy of ' : ''}${quoted(label)} from ${this.nodes[from]}`;
        case 'lose': return `does not get ${quoted(label)} from ${this.nodes[from]}: it is lost`;
        case 'sync': return 'hears that its disk has synced';
        case 'work': return 'does some of its background work';
        case 'crash': return 'loses power; what its disk had not synced is gone';
        case 'restart': return 'starts again from its disk';
        case 'pause': return 'stands still';
        case 'resume': return 'goes on';
        case 'wipe': return 'is given a blank disk';
        case 'command': return `is asked by a client to ${clean(label)}`;
        case 'calm': return this.calm(event);
        case 'cut': return `Links are cut: ${this.links(links)}`;
        default: return 'Every link works again';
      }
    }

    // The end of a storm.
    calm({ dead }) {
      const names = dead.map((node) => this.nodes[node]).join(', ');
      const left = names ? `; ${names} will not come back` : '';
      return `The storm is over: every link works again${left}`;
    }

    // Messages to several nodes that say the same are told once.
    told(sends) {
      const byLabel = new Map();
      for (const { to, label } of sends) {
        byLabel.set(label, [...(byLabel.get(label) ?? []), this.nodes[to]]);
      }
      return [...byLabel].map(([label, to]) => `${quoted(label)} to ${to.join(', ')}`).join('; ');
    }

    // A step in words.
    sentence(at) {
      const step = this.steps[at];
      const who = step.node === null ? '' : `${this.nodes[step.node]} `;
      let text = `${who}${this.happened(step)}.`;
      if (step.says && step.event.kind !== 'crash') text += ` Now: ${clean(step.says)}.`;
      const left = step.sends.filter((sent) => sent.packet !== null);
      const waiting = step.sends.filter((sent) => sent.packet === null);
      const verb = step.event.kind === 'sync' ? 'With that, it sends ' : 'It sends ';
      if (left.length) text += ` ${verb}${this.told(left)}.`;
      if (waiting.length) text += ` Waiting for the disk: ${this.told(waiting)}.`;
      const told = (step.answers ?? []).map(quoted);
      if (told.length) text += ` Its clients are told ${told.join(', ')}.`;
      const lost = this.waits.filter(({ end, stop }) => end === 'lost' && stop === at);
      if (lost.length) text += ` Lost with it: ${this.told(lost)}.`;
      return text;
    }
  }

  Object.assign(player, { Run, clean });
})();
