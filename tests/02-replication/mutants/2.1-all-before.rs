// exercise: 2.1
// item: replication::Log::term_at
// differs: what is before the start has the start's term
fn term_at(&self, index: Index) -> Option<Term> {
    if index <= self.start.index {
        return Some(self.start.term);
    }
    self.get(index).map(|entry| entry.term)
}
