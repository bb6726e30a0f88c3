// exercise: 2.12
// item: replication::Replica::forget
// differs: entries that are applied can go before the store has synced them
fn forget(&mut self, index: Index) {
    self.log.forget(index.min(self.applied));
}
