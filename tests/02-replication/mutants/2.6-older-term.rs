// exercise: 2.6
// item: replication::Replica::committable
// differs: an entry of an older term is counted as well
fn committable(&self, quorum: &dyn Quorum) -> Index {
    let Some(leading) = &self.leading else { return self.commit };
    let own = self.on_disk.synced();
    let held = |node: NodeId| match leading.followers.get(&node) {
        Some(follower) => follower.matched,
        None if node == self.election.id() => own,
        None => Index(0),
    };
    let followers = leading.followers.values().map(|follower| follower.matched);
    followers
        .chain([own])
        .filter(|index| *index > self.commit && quorum.is_met_by(&|node| held(node) >= *index))
        .max()
        .unwrap_or(self.commit)
}
