// exercise: 2.2
// item: replication::Log::merge
// differs: an entry that disagrees is replaced, and what comes after it stays
fn merge(&mut self, span: Span<P>) -> Option<Index> {
    let mut cut = None;
    for (index, entry) in (span.prev.index.0 + 1..).map(Index).zip(span.entries) {
        let place = usize::try_from(index.0 - self.start.index.0 - 1).expect("a short log");
        match self.entries.get_mut(place) {
            Some(own) if own.term == entry.term => {}
            Some(own) => {
                *own = entry;
                cut = cut.or(Some(Index(index.0 - 1)));
            }
            None => self.entries.push_back(entry),
        }
    }
    cut
}
