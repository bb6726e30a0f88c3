// exercise: 2.1
// item: replication::Log::span
// differs: an entry counts its payload and not its overhead
fn span(&self, after: Index, to: Index, bytes: usize) -> Option<Span<P>> {
    let prev = Position { term: self.term_at(after)?, index: after };
    let mut size = 0;
    let mut entries = Vec::new();
    for entry in (after.0 + 1..=to.0).map_while(|index| self.get(Index(index))) {
        size += entry.payload.as_ref().map_or(0, |payload| payload.bytes().len());
        if size > bytes && !entries.is_empty() {
            break;
        }
        entries.push(entry.clone());
    }
    Some(Span { prev, entries })
}
