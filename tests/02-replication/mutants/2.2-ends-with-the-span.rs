// exercise: 2.2
// item: replication::Log::merge
// differs: what is after the span's last entry is cut, although nothing disagrees
fn merge(&mut self, span: Span<P>) -> Option<Index> {
    let end = span.last().index;
    let mut cut = None;
    for (index, entry) in (span.prev.index.0 + 1..).map(Index).zip(span.entries) {
        match self.term_at(index) {
            Some(term) if term == entry.term => continue,
            Some(_) => {
                self.keep_to(Index(index.0 - 1));
                cut = Some(Index(index.0 - 1));
            }
            None => {}
        }
        self.entries.push_back(entry);
    }
    if self.last().index > end {
        self.keep_to(end);
        cut = cut.or(Some(end));
    }
    cut
}
