// exercise: 2.12
// item: replication::Log::forget
// differs: the entry after it goes as well
fn forget(&mut self, index: Index) {
    let Some(term) = self.term_at(index) else { return };
    let count = usize::try_from(index.0 - self.start.index.0).expect("there are entries");
    self.entries.drain(..(count + 1).min(self.entries.len()));
    self.start = Position { term, index };
}
