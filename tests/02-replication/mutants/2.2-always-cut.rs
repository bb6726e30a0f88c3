// exercise: 2.2
// item: replication::Log::merge
// differs: everything after the position before the span is cut, also what agrees
fn merge(&mut self, span: Span<P>) -> Option<Index> {
    let cut = (self.last().index > span.prev.index).then_some(span.prev.index);
    self.keep_to(span.prev.index);
    self.entries.extend(span.entries);
    cut
}
