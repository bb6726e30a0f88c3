// exercise: 2.9
// item: replication::Replica::append
// differs: a cut is taken to end where the new entries end
fn append(&mut self, span: Span<P>, commit: Index) -> Answer {
    if span.prev.index < self.commit {
        return Answer::Accepted { matched: self.commit };
    }
    if !self.log.holds(span.prev) {
        return Answer::Refused { prev: span.prev, hint: self.log.shared(span.prev) };
    }
    let matched = span.last().index;
    if self.log.merge(span).is_some() {
        self.on_disk.cut(matched);
    }
    self.commit = self.commit.max(commit.min(matched));
    Answer::Accepted { matched }
}
