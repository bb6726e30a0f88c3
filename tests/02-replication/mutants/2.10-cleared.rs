// exercise: 2.10
// item: replication::Progress::refused
// differs: a later refusal clears a suspect
fn refused(&mut self, prev: Index, shared: Index) {
    let news = match &self.mode {
        Mode::Probe { .. } => prev.0 + 1 == self.next.0,
        Mode::Replicate { .. } => prev >= self.matched,
        Mode::Snapshot => false,
    };
    if news {
        self.suspect = self.matched > shared;
        self.matched = self.matched.min(shared);
        self.next = Index(shared.0 + 1);
        self.mode = Mode::Probe { asked: false };
    }
}
