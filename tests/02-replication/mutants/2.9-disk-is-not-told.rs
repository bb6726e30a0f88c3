// exercise: 2.9
// item: replication::Replica::append
// differs: nobody tells the account of the disk that the log was cut
fn append(&mut self, span: Span<P>, commit: Index) -> Answer {
    if span.prev.index < self.commit {
        return Answer::Accepted { matched: self.commit };
    }
    if !self.log.holds(span.prev) {
        return Answer::Refused { prev: span.prev, hint: self.log.shared(span.prev) };
    }
    let matched = span.last().index;
    let _ = self.log.merge(span);
    self.commit = self.commit.max(commit.min(matched));
    Answer::Accepted { matched }
}
