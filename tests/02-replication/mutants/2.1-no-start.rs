// exercise: 2.1
// item: replication::Log::term_at
// differs: the term at the start of the log is not known
fn term_at(&self, index: Index) -> Option<Term> {
    self.get(index).map(|entry| entry.term)
}
