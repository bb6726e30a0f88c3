// exercise: 2.2
// item: replication::Log::merge
// differs: the whole span replaces what is there, if its last entry is new
fn merge(&mut self, span: Span<P>) -> Option<Index> {
    let last = span.last();
    if self.term_at(last.index) == Some(last.term) {
        return None;
    }
    let cut = (self.last().index > span.prev.index).then_some(span.prev.index);
    self.keep_to(span.prev.index);
    self.entries.extend(span.entries);
    cut
}
