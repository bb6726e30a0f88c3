// exercise: 2.8
// item: replication::Replica::take_committed
// differs: a batch has everything that is committed
fn take_committed(&mut self) -> Option<Span<P>> {
    let safe = self.commit.min(self.on_disk.synced());
    if self.apply_lags() || safe <= self.handed_out {
        return None;
    }
    let span = self.log.span(self.handed_out, safe, usize::MAX);
    let span = span.expect("what was not handed out is in the log");
    self.handed_out = span.last().index;
    Some(span)
}
