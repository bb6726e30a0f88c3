// exercise: 2.11
// item: replication::Limits::admit
// differs: a proposal is taken while the limit is not reached, whatever its size
fn admit(&self, uncommitted: usize, size: usize) -> bool {
    uncommitted < self.uncommitted_bytes || uncommitted == 0 && size > 0
}
