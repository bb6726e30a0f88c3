// exercise: 2.10
// item: replication::Progress::refused
// differs: any refusal takes back all that was acknowledged
fn refused(&mut self, prev: Index, shared: Index) {
    let news = match &self.mode {
        Mode::Probe { .. } => prev.0 + 1 == self.next.0,
        Mode::Replicate { .. } => prev >= self.matched,
        Mode::Snapshot => false,
    };
    if news {
        self.matched = Index(0);
        self.next = Index(shared.0 + 1);
        self.mode = Mode::Probe { asked: false };
    }
}
