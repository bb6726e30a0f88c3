// exercise: 2.1
// item: replication::Log::span
// differs: the entry that exceeds the limit comes along
fn span(&self, after: Index, to: Index, bytes: usize) -> Option<Span<P>> {
    let prev = Position { term: self.term_at(after)?, index: after };
    let mut size = 0;
    let mut entries = Vec::new();
    for entry in (after.0 + 1..=to.0).map_while(|index| self.get(Index(index))) {
        size += entry.size();
        entries.push(entry.clone());
        if size > bytes {
            break;
        }
    }
    Some(Span { prev, entries })
}
