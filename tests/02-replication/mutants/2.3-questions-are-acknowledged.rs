// exercise: 2.3
// item: replication::Replica::append
// differs: an append without entries is answered with the commit, as a heartbeat would be
fn append(&mut self, span: Span<P>, commit: Index) -> Answer {
    if span.prev.index < self.commit || span.entries.is_empty() {
        self.commit = self.commit.max(commit.min(span.prev.index));
        return Answer::Accepted { matched: self.commit };
    }
    if !self.log.holds(span.prev) {
        return Answer::Refused { prev: span.prev, hint: self.log.shared(span.prev) };
    }
    let matched = span.last().index;
    if let Some(kept) = self.log.merge(span) {
        self.on_disk.cut(kept);
    }
    self.commit = self.commit.max(commit.min(matched));
    Answer::Accepted { matched }
}
