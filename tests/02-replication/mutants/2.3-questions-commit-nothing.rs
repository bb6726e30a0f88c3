// exercise: 2.3
// item: replication::Replica::append
// differs: an append without entries brings no commit
fn append(&mut self, span: Span<P>, commit: Index) -> Answer {
    if span.prev.index < self.commit {
        return Answer::Accepted { matched: self.commit };
    }
    if !self.log.holds(span.prev) {
        return Answer::Refused { prev: span.prev, hint: self.log.shared(span.prev) };
    }
    let matched = span.last().index;
    if span.entries.is_empty() {
        return Answer::Accepted { matched };
    }
    if let Some(kept) = self.log.merge(span) {
        self.on_disk.cut(kept);
    }
    self.commit = self.commit.max(commit.min(matched));
    Answer::Accepted { matched }
}
