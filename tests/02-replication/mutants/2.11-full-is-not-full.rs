// exercise: 2.11
// item: replication::Limits::leave_room
// differs: a window that is exactly full of bytes has room
fn leave_room(&self, window: &VecDeque<Flight>) -> bool {
    let bytes: usize = window.iter().map(|flight| flight.bytes).sum();
    let fits = window.len() < self.window_messages && bytes <= self.window_bytes;
    window.is_empty() || fits
}
