// exercise: 2.10
// item: replication::Replica::append
// differs: the hint is the entry before the one that was asked about
fn append(&mut self, span: Span<P>, commit: Index) -> Answer {
    if span.prev.index < self.commit {
        return Answer::Accepted { matched: self.commit };
    }
    if !self.log.holds(span.prev) {
        let before = span.prev.index.0.saturating_sub(1);
        let index = Index(before.min(self.log.last().index.0));
        let term = self.log.term_at(index).unwrap_or_default();
        return Answer::Refused { prev: span.prev, hint: Position { term, index } };
    }
    let matched = span.last().index;
    if let Some(kept) = self.log.merge(span) {
        self.on_disk.cut(kept);
    }
    self.commit = self.commit.max(commit.min(matched));
    Answer::Accepted { matched }
}
