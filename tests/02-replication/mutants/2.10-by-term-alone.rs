// exercise: 2.10
// item: replication::Log::shared
// differs: the last position by term alone, also after the limit
fn shared(&self, limit: Position) -> Position {
    if self.start.index > limit.index || self.start.term > limit.term {
        let before_start = Index(self.start.index.0.saturating_sub(1));
        return Position { term: limit.term, index: limit.index.min(before_start) };
    }
    let by_term = self.entries.partition_point(|entry| entry.term <= limit.term);
    let count = by_term as u64;
    let index = Index(self.start.index.0 + count);
    Position { term: self.term_at(index).expect("it is in the log"), index }
}
