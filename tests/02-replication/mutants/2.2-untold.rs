// exercise: 2.2
// item: replication::Log::merge
// differs: nobody is told of a cut
fn merge(&mut self, span: Span<P>) -> Option<Index> {
    for (index, entry) in (span.prev.index.0 + 1..).map(Index).zip(span.entries) {
        match self.term_at(index) {
            Some(term) if term == entry.term => continue,
            Some(_) => self.keep_to(Index(index.0 - 1)),
            None => {}
        }
        self.entries.push_back(entry);
    }
    None
}
