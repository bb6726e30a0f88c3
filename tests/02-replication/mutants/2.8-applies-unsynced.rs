// exercise: 2.8
// item: replication::Replica::take_committed
// differs: an entry is applied before it is on this disk
fn take_committed(&mut self) -> Option<Span<P>> {
    let safe = self.commit;
    if safe <= self.applied {
        return None;
    }
    let span = self.log.span(self.applied, safe, self.options.batch_bytes);
    let span = span.expect("what is not applied yet is in the log");
    self.applied = span.last().index;
    Some(span)
}
