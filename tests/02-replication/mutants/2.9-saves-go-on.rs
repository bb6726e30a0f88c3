// exercise: 2.9
// item: replication::OnDisk::cut
// differs: what is on its way to the disk is taken for what comes in its place
fn cut(&mut self, kept: Index) {
    self.synced = self.synced.min(kept);
}
