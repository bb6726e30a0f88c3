// exercise: 2.1
// item: replication::Log::span
// differs: an entry larger than the limit is in no span
fn span(&self, after: Index, to: Index, bytes: usize) -> Option<Span<P>> {
    let prev = Position { term: self.term_at(after)?, index: after };
    let mut room = bytes;
    let mut entries = Vec::new();
    for entry in (after.0 + 1..=to.0).map_while(|index| self.get(Index(index))) {
        let Some(rest) = room.checked_sub(entry.size()) else { break };
        room = rest;
        entries.push(entry.clone());
    }
    Some(Span { prev, entries })
}
