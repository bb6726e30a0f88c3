// exercise: 2.11
// item: replication::Limits::leave_room
// differs: an empty window may have no room
fn leave_room(&self, window: &VecDeque<Flight>) -> bool {
    let bytes: usize = window.iter().map(|flight| flight.bytes).sum();
    window.len() < self.window_messages && bytes < self.window_bytes
}
