// exercise: 2.2
// item: replication::Log::merge
// differs: a log that is as long as the span is left as it is
fn merge(&mut self, span: Span<P>) -> Option<Index> {
    if self.last().index >= span.last().index {
        return None;
    }
    let cut = (self.last().index > span.prev.index).then_some(span.prev.index);
    self.keep_to(span.prev.index);
    self.entries.extend(span.entries);
    cut
}
