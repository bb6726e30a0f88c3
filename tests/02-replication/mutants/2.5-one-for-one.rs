// exercise: 2.5
// item: replication::Progress::accepted
// differs: an answer frees one place in the window, whatever it covers
fn accepted(&mut self, matched: Index) {
    self.matched = self.matched.max(matched);
    match &mut self.mode {
        Mode::Probe { .. } | Mode::Snapshot => {
            self.next = Index(self.matched.0 + 1);
            self.mode = Mode::Replicate { window: VecDeque::new() };
        }
        Mode::Replicate { window } => {
            if window.front().is_some_and(|flight| flight.last <= matched) {
                window.pop_front();
            }
            self.next = self.next.max(Index(self.matched.0 + 1));
        }
    }
}
