// exercise: 2.12
// item: replication::Progress::next_append
// differs: entries that the log let go are skipped, and its rest is sent
fn next_append<P: Payload>(&mut self, log: &Log<P>, options: &Options) -> Option<Span<P>> {
    if !self.has_room(options) || self.next > log.last().index {
        return None;
    }
    let after = self.before_next().max(log.start().index);
    let span = log.span(after, log.last().index, options.batch_bytes)?;
    self.sent(span.last().index, span.entries.iter().map(crate::Entry::size).sum());
    Some(span)
}
