// exercise: 2.12
// item: replication::Replica::forget
// differs: entries that nobody committed can go
fn forget(&mut self, index: Index) {
    self.log.forget(index);
}
