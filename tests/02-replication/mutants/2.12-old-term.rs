// exercise: 2.12
// item: replication::Log::forget
// differs: the new start has the old start's term
fn forget(&mut self, index: Index) {
    if self.term_at(index).is_none() {
        return;
    }
    let count = usize::try_from(index.0 - self.start.index.0).expect("there are entries");
    self.entries.drain(..count);
    self.start.index = index;
}
