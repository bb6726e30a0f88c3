// exercise: 2.5
// item: replication::Progress::accepted
// differs: an answer in a stream sends all over again what is still under way
fn accepted(&mut self, matched: Index) {
    self.matched = self.matched.max(matched);
    self.next = Index(self.matched.0 + 1);
    match &mut self.mode {
        Mode::Probe { .. } | Mode::Snapshot => {
            self.mode = Mode::Replicate { window: VecDeque::new() };
        }
        Mode::Replicate { window } => window.retain(|flight| flight.last > self.matched),
    }
}
