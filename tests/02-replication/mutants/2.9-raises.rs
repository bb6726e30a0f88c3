// exercise: 2.9
// item: replication::OnDisk::cut
// differs: a save that ends before the cut counts as if it reached it
fn cut(&mut self, kept: Index) {
    self.synced = self.synced.min(kept);
    for last in &mut self.saves {
        *last = kept;
    }
}
