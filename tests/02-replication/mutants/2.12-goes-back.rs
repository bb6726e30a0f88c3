// exercise: 2.12
// item: replication::Log::forget
// differs: it panics when asked for what has gone already
fn forget(&mut self, index: Index) {
    let count = usize::try_from(index.0 - self.start.index.0).expect("there are entries");
    let Some(term) = self.term_at(index) else { return };
    self.entries.drain(..count);
    self.start = Position { term, index };
}
