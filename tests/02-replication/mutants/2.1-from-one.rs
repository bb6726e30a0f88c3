// exercise: 2.1
// item: replication::Log::term_at
// differs: entries are counted from 1, wherever the log begins
fn term_at(&self, index: Index) -> Option<Term> {
    if index == self.start.index {
        return Some(self.start.term);
    }
    let place = usize::try_from(index.0).ok()?.checked_sub(1)?;
    self.entries.get(place).map(|entry| entry.term)
}
