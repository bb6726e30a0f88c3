// exercise: 2.8
// item: replication::Replica::take_committed
// differs: while something waits to be applied there is always something to do
fn take_committed(&mut self) -> Option<Span<P>> {
    let safe = self.commit.min(self.on_disk.synced());
    if self.apply_lags() || safe <= self.applied {
        return None;
    }
    let span = self.log.span(self.handed_out, safe, self.options.batch_bytes);
    let span = span.expect("what was not handed out is in the log");
    self.handed_out = span.last().index;
    Some(span)
}
