// exercise: 2.8
// item: replication::Replica::take_committed
// differs: what did not fit into a batch counts as applied
fn take_committed(&mut self) -> Option<Span<P>> {
    let safe = self.commit.min(self.on_disk.synced());
    if safe <= self.applied {
        return None;
    }
    let span = self.log.span(self.applied, safe, self.options.batch_bytes);
    let span = span.expect("what is not applied yet is in the log");
    self.applied = safe;
    Some(span)
}
