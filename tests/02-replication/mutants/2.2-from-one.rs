// exercise: 2.2
// item: replication::Log::merge
// differs: a log that begins later is cut at the wrong place
fn merge(&mut self, span: Span<P>) -> Option<Index> {
    let mut cut = None;
    for (index, entry) in (span.prev.index.0 + 1..).map(Index).zip(span.entries) {
        match self.term_at(index) {
            Some(term) if term == entry.term => continue,
            Some(_) => {
                self.entries.truncate(usize::try_from(index.0 - 1).expect("a short log"));
                cut = Some(Index(index.0 - 1));
            }
            None => {}
        }
        self.entries.push_back(entry);
    }
    cut
}
