// exercise: 2.1
// item: replication::Log::term_at
// differs: an entry has the term of the one after it
fn term_at(&self, index: Index) -> Option<Term> {
    let place = index.0.checked_sub(self.start.index.0)?;
    self.entries.get(usize::try_from(place).ok()?).map(|entry| entry.term)
}
