// exercise: 2.9
// item: replication::OnDisk::cut
// differs: the last entry that stayed counts as cut
fn cut(&mut self, kept: Index) {
    let kept = Index(kept.0.saturating_sub(1));
    self.synced = self.synced.min(kept);
    for last in &mut self.saves {
        *last = kept.min(*last);
    }
}
