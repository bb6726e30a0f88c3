// exercise: 2.8
// item: replication::Replica::take_committed
// differs: what was applied is handed out again
fn take_committed(&mut self) -> Option<Span<P>> {
    let safe = self.commit.min(self.on_disk.synced());
    if self.apply_lags() || safe <= self.handed_out {
        return None;
    }
    let span = self.log.span(self.handed_out, safe, self.options.batch_bytes);
    let span = span.expect("what was not handed out is in the log");
    Some(span)
}
