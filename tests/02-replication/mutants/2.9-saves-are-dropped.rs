// exercise: 2.9
// item: replication::OnDisk::cut
// differs: saves on their way are forgotten, and their receipts come
fn cut(&mut self, kept: Index) {
    self.synced = self.synced.min(kept);
    self.saves.retain(|last| *last <= kept);
}
