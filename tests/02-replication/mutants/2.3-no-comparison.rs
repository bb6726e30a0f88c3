// exercise: 2.3
// item: replication::Replica::append
// differs: an append is taken whether the log holds the position before it or not
fn append(&mut self, span: Span<P>, commit: Index) -> Answer {
    if span.prev.index < self.commit {
        return Answer::Accepted { matched: self.commit };
    }
    let matched = span.last().index;
    if let Some(kept) = self.log.merge(span) {
        self.on_disk.cut(kept);
    }
    self.commit = self.commit.max(commit.min(matched));
    Answer::Accepted { matched }
}
