// exercise: 2.11
// item: replication::Limits::admit
// differs: a proposal that fills the limit exactly is too large
fn admit(&self, uncommitted: usize, size: usize) -> bool {
    uncommitted == 0 || uncommitted.saturating_add(size) < self.uncommitted_bytes
}
