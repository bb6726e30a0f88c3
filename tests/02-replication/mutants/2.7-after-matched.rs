// exercise: 2.7
// item: replication::Progress::next_append
// differs: a stream begins again with what was not acknowledged yet, each time
fn next_append<P: Payload>(&mut self, log: &Log<P>, options: &Options) -> Option<Span<P>> {
    if !self.has_room(options) || self.next > log.last().index {
        return None;
    }
    let last = log.last().index;
    let Some(span) = log.span(self.matched, last, options.batch_bytes) else {
        self.mode = Mode::Snapshot;
        return None;
    };
    self.sent(span.last().index, span.entries.iter().map(crate::Entry::size).sum());
    Some(span)
}
