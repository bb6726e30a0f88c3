// exercise: 2.12
// item: replication::Log::shared
// differs: it panics when the limit ends before a start of the same term
fn shared(&self, limit: Position) -> Position {
    if self.start.term > limit.term {
        let before_start = Index(self.start.index.0.saturating_sub(1));
        return Position { term: limit.term, index: limit.index.min(before_start) };
    }
    let by_term = self.entries.partition_point(|entry| entry.term <= limit.term) as u64;
    let index = limit.index.min(Index(self.start.index.0 + by_term));
    Position { term: self.term_at(index).expect("it is in the log"), index }
}
