// exercise: 2.6
// item: replication::Replica::committable
// differs: half of an even number of nodes is enough
fn committable(&self, _quorum: &dyn Quorum) -> Index {
    let Some(leading) = &self.leading else { return self.commit };
    let term = self.election.hard_state().term;
    let nodes = leading.followers.len() + 1;
    let own = self.on_disk.synced();
    let matched = || leading.followers.values().map(|follower| follower.matched).chain([own]);
    matched()
        .filter(|index| *index > self.commit && self.log.term_at(*index) == Some(term))
        .filter(|index| 2 * matched().filter(|other| other >= index).count() >= nodes)
        .max()
        .unwrap_or(self.commit)
}
