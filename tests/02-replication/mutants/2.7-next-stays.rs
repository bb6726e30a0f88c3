// exercise: 2.7
// item: replication::Progress::next_append
// differs: the first entry of an append is noted as sent, the others go again
fn next_append<P: Payload>(&mut self, log: &Log<P>, options: &Options) -> Option<Span<P>> {
    if !self.has_room(options) || self.next > log.last().index {
        return None;
    }
    let last = log.last().index;
    let Some(span) = log.span(self.before_next(), last, options.batch_bytes) else {
        self.mode = Mode::Snapshot;
        return None;
    };
    let bytes = span.entries.iter().map(crate::Entry::size).sum();
    self.sent(self.next, bytes);
    Some(span)
}
