// exercise: 2.12
// item: replication::Replica::forget
// differs: beyond what was applied nothing goes at all
fn forget(&mut self, index: Index) {
    if index <= self.durable {
        self.log.forget(index);
    }
}
