// exercise: 2.1
// item: replication::Log::term_at
// differs: what is after the last entry has the last entry's term
fn term_at(&self, index: Index) -> Option<Term> {
    if index == self.start.index {
        return Some(self.start.term);
    }
    if index > self.last().index {
        return Some(self.last().term);
    }
    self.get(index).map(|entry| entry.term)
}
