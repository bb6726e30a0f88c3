// exercise: 2.5
// item: replication::Progress::sent
// differs: the next entry is the last that was sent
fn sent(&mut self, last: Index, bytes: usize) {
    match &mut self.mode {
        Mode::Probe { asked } => *asked = true,
        Mode::Replicate { window } => {
            window.push_back(Flight { last, bytes });
            self.next = last;
        }
        Mode::Snapshot => unreachable!("a follower that waits for a snapshot has no room"),
    }
}
