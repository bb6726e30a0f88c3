// exercise: 2.10
// item: replication::Log::shared
// differs: a position of another term is passed one entry at a time
fn shared(&self, limit: Position) -> Position {
    if self.start.index > limit.index || self.start.term > limit.term {
        let before_start = Index(self.start.index.0.saturating_sub(1));
        return Position { term: limit.term, index: limit.index.min(before_start) };
    }
    let mut index = limit.index.min(self.last().index);
    if self.term_at(index).is_some_and(|term| term > limit.term) {
        index = Index(index.0 - 1);
    }
    Position { term: self.term_at(index).expect("it is in the log"), index }
}
