// exercise: 2.5
// item: replication::Progress::accepted
// differs: a follower that waited for a snapshot waits on, though it has it
fn accepted(&mut self, matched: Index) {
    self.matched = self.matched.max(matched);
    match &mut self.mode {
        Mode::Probe { .. } => {
            self.next = Index(self.matched.0 + 1);
            self.mode = Mode::Replicate { window: VecDeque::new() };
        }
        Mode::Replicate { window } => {
            window.retain(|flight| flight.last > self.matched);
            self.next = self.next.max(Index(self.matched.0 + 1));
        }
        Mode::Snapshot => self.next = self.next.max(Index(self.matched.0 + 1)),
    }
}
