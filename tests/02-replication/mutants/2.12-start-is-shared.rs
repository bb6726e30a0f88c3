// exercise: 2.12
// item: replication::Log::shared
// differs: a log that begins after the limit shares its start
fn shared(&self, limit: Position) -> Position {
    if self.start.index > limit.index || self.start.term > limit.term {
        return self.start;
    }
    let by_index = limit.index.0.saturating_sub(self.start.index.0);
    let by_term = self.entries.partition_point(|entry| entry.term <= limit.term);
    let count = by_index.min(by_term as u64);
    let index = Index(self.start.index.0 + count);
    Position { term: self.term_at(index).expect("it is in the log"), index }
}
