// exercise: 2.12
// item: replication::Replica::forget
// differs: the last entry that was applied cannot go
fn forget(&mut self, index: Index) {
    self.log.forget(index.min(Index(self.durable.0.saturating_sub(1))));
}
