// exercise: 2.5
// item: replication::Progress::accepted
// differs: an old answer takes back what was acknowledged since
fn accepted(&mut self, matched: Index) {
    self.matched = matched;
    match &mut self.mode {
        Mode::Probe { .. } | Mode::Snapshot => {
            self.next = Index(self.matched.0 + 1);
            self.mode = Mode::Replicate { window: VecDeque::new() };
        }
        Mode::Replicate { window } => {
            window.retain(|flight| flight.last > self.matched);
            self.next = self.next.max(Index(self.matched.0 + 1));
        }
    }
}
