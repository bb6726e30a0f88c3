// exercise: 2.8
// item: replication::Replica::take_committed
// differs: a batch has everything that is committed
fn take_committed(&mut self) -> Option<Span<P>> {
    let safe = self.commit.min(self.on_disk.synced());
    if safe <= self.applied {
        return None;
    }
    let span = self.log.span(self.applied, safe, usize::MAX);
    let span = span.expect("what is not applied yet is in the log");
    self.applied = span.last().index;
    Some(span)
}
