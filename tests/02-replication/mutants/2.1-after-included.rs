// exercise: 2.1
// item: replication::Log::span
// differs: a span begins with the entry that it comes after
fn span(&self, after: Index, to: Index, bytes: usize) -> Option<Span<P>> {
    let prev = Position { term: self.term_at(after)?, index: after };
    let mut size = 0;
    let mut entries = Vec::new();
    for entry in (after.0..=to.0).filter_map(|index| self.get(Index(index))) {
        size += entry.size();
        if size > bytes && !entries.is_empty() {
            break;
        }
        entries.push(entry.clone());
    }
    Some(Span { prev, entries })
}
