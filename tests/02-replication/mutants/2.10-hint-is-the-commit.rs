// exercise: 2.10
// item: replication::Replica::append
// differs: the hint is the last committed entry, however much more is shared
fn append(&mut self, span: Span<P>, commit: Index) -> Answer {
    if span.prev.index < self.commit {
        return Answer::Accepted { matched: self.commit };
    }
    if !self.log.holds(span.prev) {
        let term = self.log.term_at(self.commit).unwrap_or_default();
        let hint = Position { term, index: self.commit };
        return Answer::Refused { prev: span.prev, hint };
    }
    let matched = span.last().index;
    if let Some(kept) = self.log.merge(span) {
        self.on_disk.cut(kept);
    }
    self.commit = self.commit.max(commit.min(matched));
    Answer::Accepted { matched }
}
