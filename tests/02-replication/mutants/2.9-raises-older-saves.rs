// exercise: 2.9
// item: replication::OnDisk::cut
// differs: a cut after a save raises that save to the cut, to entries that it does not hold
fn cut(&mut self, kept: Index) {
    self.synced = self.synced.min(kept);
    for last in &mut self.saves {
        *last = kept;
    }
}
