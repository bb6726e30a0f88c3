// exercise: 2.12
// item: replication::Log::forget
// differs: the entry up to which the log is let go stays
fn forget(&mut self, index: Index) {
    let Some(term) = self.term_at(index) else { return };
    let count = usize::try_from(index.0 - self.start.index.0).expect("there are entries");
    self.entries.drain(..count.saturating_sub(1));
    self.start = Position { term, index };
}
