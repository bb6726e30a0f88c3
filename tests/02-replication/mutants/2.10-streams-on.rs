// exercise: 2.10
// item: replication::Progress::refused
// differs: after a refusal the stream goes on from the hint
fn refused(&mut self, prev: Index, shared: Index) {
    let news = match &self.mode {
        Mode::Probe { .. } => prev.0 + 1 == self.next.0,
        Mode::Replicate { .. } => prev >= self.matched,
        Mode::Snapshot => false,
    };
    if news {
        self.suspect |= self.matched > shared;
        self.matched = self.matched.min(shared);
        self.next = Index(shared.0 + 1);
        if let Mode::Probe { asked } = &mut self.mode {
            *asked = false;
        }
    }
}
