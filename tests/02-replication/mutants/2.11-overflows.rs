// exercise: 2.11
// item: replication::Limits::admit
// differs: it panics when a size and the uncommitted bytes are no number together
fn admit(&self, uncommitted: usize, size: usize) -> bool {
    uncommitted == 0 || uncommitted + size <= self.uncommitted_bytes
}
