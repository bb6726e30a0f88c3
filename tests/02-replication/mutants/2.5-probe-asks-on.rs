// exercise: 2.5
// item: replication::Progress::sent
// differs: a probe that has asked does not know it, and asks again
fn sent(&mut self, last: Index, bytes: usize) {
    match &mut self.mode {
        Mode::Probe { .. } => {}
        Mode::Replicate { window } => {
            window.push_back(Flight { last, bytes });
            self.next = Index(last.0 + 1);
        }
        Mode::Snapshot => unreachable!("a follower that waits for a snapshot has no room"),
    }
}
