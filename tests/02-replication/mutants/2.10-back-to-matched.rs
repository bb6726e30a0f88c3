// exercise: 2.10
// item: replication::Progress::refused
// differs: a refusal asks about what was acknowledged, whatever the hint says
fn refused(&mut self, prev: Index, shared: Index) {
    let news = match &self.mode {
        Mode::Probe { .. } => prev.0 + 1 == self.next.0,
        Mode::Replicate { .. } => prev >= self.matched,
        Mode::Snapshot => false,
    };
    if news {
        self.suspect |= self.matched > shared;
        self.matched = self.matched.min(shared);
        self.next = Index(self.matched.0 + 1);
        self.mode = Mode::Probe { asked: false };
    }
}
