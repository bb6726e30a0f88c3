// exercise: 2.3
// item: replication::Replica::append
// differs: an append from before the commit is answered for what it covers alone
fn append(&mut self, span: Span<P>, commit: Index) -> Answer {
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
