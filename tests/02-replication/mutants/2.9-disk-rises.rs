// exercise: 2.9
// item: replication::OnDisk::cut
// differs: the disk counts as if it held the log up to the cut
fn cut(&mut self, kept: Index) {
    self.synced = kept;
    for last in &mut self.saves {
        *last = kept.min(*last);
    }
}
