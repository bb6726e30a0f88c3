// exercise: 2.5
// item: replication::Progress::sent
// differs: what is under way is not noted
fn sent(&mut self, last: Index, _bytes: usize) {
    match &mut self.mode {
        Mode::Probe { asked } => *asked = true,
        Mode::Replicate { .. } => self.next = Index(last.0 + 1),
        Mode::Snapshot => unreachable!("a follower that waits for a snapshot has no room"),
    }
}
