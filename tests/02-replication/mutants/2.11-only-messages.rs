// exercise: 2.11
// item: replication::Limits::leave_room
// differs: the window bounds appends and not bytes
fn leave_room(&self, window: &VecDeque<Flight>) -> bool {
    window.is_empty() || window.len() < self.window_messages
}
