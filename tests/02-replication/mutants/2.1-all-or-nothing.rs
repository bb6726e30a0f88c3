// exercise: 2.1
// item: replication::Log::span
// differs: there is no span up to an entry that the log does not have
fn span(&self, after: Index, to: Index, bytes: usize) -> Option<Span<P>> {
    let prev = Position { term: self.term_at(after)?, index: after };
    let mut size = 0;
    let mut entries = Vec::new();
    for index in after.0 + 1..=to.0 {
        let entry = self.get(Index(index))?;
        size += entry.size();
        if size > bytes && !entries.is_empty() {
            break;
        }
        entries.push(entry.clone());
    }
    Some(Span { prev, entries })
}
