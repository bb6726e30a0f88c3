// exercise: 2.11
// item: replication::Limits::admit
// differs: a proposal larger than the limit is never taken
fn admit(&self, uncommitted: usize, size: usize) -> bool {
    uncommitted.saturating_add(size) <= self.uncommitted_bytes
}
