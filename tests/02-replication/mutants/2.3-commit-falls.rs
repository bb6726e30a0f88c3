// exercise: 2.3
// item: replication::Replica::append
// differs: an old append takes the commit back
fn append(&mut self, span: Span<P>, commit: Index) -> Answer {
    if span.prev.index < self.commit {
        return Answer::Accepted { matched: self.commit };
    }
    if !self.log.holds(span.prev) {
        return Answer::Refused { prev: span.prev, hint: self.log.shared(span.prev) };
    }
    let matched = span.last().index;
    if let Some(kept) = self.log.merge(span) {
        self.on_disk.cut(kept);
    }
    self.commit = commit.min(matched);
    Answer::Accepted { matched }
}
