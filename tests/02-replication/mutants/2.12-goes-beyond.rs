// exercise: 2.12
// item: replication::Log::forget
// differs: a log can begin after its end
fn forget(&mut self, index: Index) {
    if index <= self.start.index {
        return;
    }
    let term = self.term_at(index).unwrap_or(self.last().term);
    let count = usize::try_from(index.0 - self.start.index.0).expect("a short log");
    self.entries.drain(..count.min(self.entries.len()));
    self.start = Position { term, index };
}
