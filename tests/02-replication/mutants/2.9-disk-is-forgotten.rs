// exercise: 2.9
// item: replication::OnDisk::cut
// differs: what is on disk is taken for what comes in its place
fn cut(&mut self, kept: Index) {
    for last in &mut self.saves {
        *last = kept.min(*last);
    }
}
