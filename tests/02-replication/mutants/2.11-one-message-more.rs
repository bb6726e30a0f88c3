// exercise: 2.11
// item: replication::Limits::leave_room
// differs: one append more than the limit says
fn leave_room(&self, window: &VecDeque<Flight>) -> bool {
    let bytes: usize = window.iter().map(|flight| flight.bytes).sum();
    let fits = window.len() <= self.window_messages && bytes < self.window_bytes;
    window.is_empty() || fits
}
