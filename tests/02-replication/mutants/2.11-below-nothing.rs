// exercise: 2.11
// item: replication::Limits::admit
// differs: it panics when more is uncommitted than the limit
fn admit(&self, uncommitted: usize, size: usize) -> bool {
    uncommitted == 0 || self.uncommitted_bytes - uncommitted >= size
}
