// exercise: 2.12
// item: replication::Replica::forget
// differs: entries that were handed out can go before they are applied
fn forget(&mut self, index: Index) {
    self.log.forget(index.min(self.handed_out));
}
