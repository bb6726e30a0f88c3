// exercise: 2.12
// item: replication::Replica::forget
// differs: entries that are committed and not applied can go
fn forget(&mut self, index: Index) {
    self.log.forget(index.min(self.commit));
}
