// exercise: 2.5
// item: replication::Progress::accepted
// differs: a probe's answer leads to another question, never to a stream
fn accepted(&mut self, matched: Index) {
    self.matched = self.matched.max(matched);
    match &mut self.mode {
        Mode::Probe { .. } | Mode::Snapshot => {
            self.next = Index(self.matched.0 + 1);
            self.mode = Mode::Probe { asked: false };
        }
        Mode::Replicate { window } => {
            window.retain(|flight| flight.last > self.matched);
            self.next = self.next.max(Index(self.matched.0 + 1));
        }
    }
}
