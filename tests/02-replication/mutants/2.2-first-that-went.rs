// exercise: 2.2
// item: replication::Log::merge
// differs: the first index that went is returned, and not the last that stayed
fn merge(&mut self, span: Span<P>) -> Option<Index> {
    let mut cut = None;
    for (index, entry) in (span.prev.index.0 + 1..).map(Index).zip(span.entries) {
        match self.term_at(index) {
            Some(term) if term == entry.term => continue,
            Some(_) => {
                self.keep_to(Index(index.0 - 1));
                cut = Some(index);
            }
            None => {}
        }
        self.entries.push_back(entry);
    }
    cut
}
