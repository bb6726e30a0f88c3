// exercise: 2.10
// item: replication::Replica::append
// differs: the hint is the position that was refused
fn append(&mut self, span: Span<P>, commit: Index) -> Answer {
    if span.prev.index < self.commit {
        return Answer::Accepted { matched: self.commit };
    }
    if !self.log.holds(span.prev) {
        return Answer::Refused { prev: span.prev, hint: span.prev };
    }
    let matched = span.last().index;
    if let Some(kept) = self.log.merge(span) {
        self.on_disk.cut(kept);
    }
    self.commit = self.commit.max(commit.min(matched));
    Answer::Accepted { matched }
}
