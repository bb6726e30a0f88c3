// exercise: 2.11
// item: replication::Limits::leave_room
// differs: the window bounds bytes and not appends
fn leave_room(&self, window: &VecDeque<Flight>) -> bool {
    let bytes: usize = window.iter().map(|flight| flight.bytes).sum();
    window.is_empty() || bytes < self.window_bytes
}
