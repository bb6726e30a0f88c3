// exercise: 2.9
// item: replication::OnDisk::cut
// differs: of the saves on their way, only the newest is cut
fn cut(&mut self, kept: Index) {
    self.synced = self.synced.min(kept);
    if let Some(last) = self.saves.back_mut() {
        *last = kept.min(*last);
    }
}
