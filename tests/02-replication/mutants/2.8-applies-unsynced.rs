// exercise: 2.8
// item: replication::Replica::take_committed
// differs: an entry is applied before it is on this disk
fn take_committed(&mut self) -> Option<Span<P>> {
    let safe = self.commit;
    if self.apply_lags() || safe <= self.handed_out {
        return None;
    }
    let span = self.log.span(self.handed_out, safe, self.options.batch_bytes);
    let span = span.expect("what was not handed out is in the log");
    self.handed_out = span.last().index;
    Some(span)
}
