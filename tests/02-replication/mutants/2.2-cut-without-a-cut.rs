// exercise: 2.2
// item: replication::Log::merge
// differs: entries that were only added count as a cut
fn merge(&mut self, span: Span<P>) -> Option<Index> {
    let mut kept = None;
    for (index, entry) in (span.prev.index.0 + 1..).map(Index).zip(span.entries) {
        if self.term_at(index) == Some(entry.term) {
            continue;
        }
        self.keep_to(Index(index.0 - 1));
        kept = kept.or(Some(Index(index.0 - 1)));
        self.entries.push_back(entry);
    }
    kept
}
