// exercise: 2.7
// item: replication::Progress::next_append
// differs: a follower is sent entries whether there is room or not
fn next_append<P: Payload>(&mut self, log: &Log<P>, options: &Options) -> Option<Span<P>> {
    if self.mode == Mode::Snapshot || self.next > log.last().index {
        return None;
    }
    let last = log.last().index;
    let Some(span) = log.span(self.before_next(), last, options.batch_bytes) else {
        self.mode = Mode::Snapshot;
        return None;
    };
    self.sent(span.last().index, span.entries.iter().map(crate::Entry::size).sum());
    Some(span)
}
