// exercise: 2.12
// item: replication::Log::forget
// differs: the entries go, and the log still begins where it did
fn forget(&mut self, index: Index) {
    if self.term_at(index).is_none() {
        return;
    }
    let count = usize::try_from(index.0 - self.start.index.0).expect("there are entries");
    self.entries.drain(..count);
}
