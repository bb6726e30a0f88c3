// exercise: 2.5
// item: replication::Progress::accepted
// differs: next stays behind what a stream's follower has acknowledged
fn accepted(&mut self, matched: Index) {
    self.matched = self.matched.max(matched);
    match &mut self.mode {
        Mode::Probe { .. } | Mode::Snapshot => {
            self.next = Index(self.matched.0 + 1);
            self.mode = Mode::Replicate { window: VecDeque::new() };
        }
        Mode::Replicate { window } => window.retain(|flight| flight.last > self.matched),
    }
}
