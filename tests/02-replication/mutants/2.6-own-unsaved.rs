// exercise: 2.6
// item: replication::Replica::committable
// differs: the leader's own copy counts before its disk holds it
fn committable(&self, quorum: &dyn Quorum) -> Index {
    let Some(leading) = &self.leading else { return self.commit };
    let own = self.log.last().index;
    let held = |node: NodeId| match leading.followers.get(&node) {
        Some(follower) => follower.matched,
        None if node == self.election.id() => own,
        None => Index(0),
    };
    let term = self.election.hard_state().term;
    let followers = leading.followers.values().map(|follower| follower.matched);
    followers
        .chain([own])
        .filter(|index| *index > self.commit && self.log.term_at(*index) == Some(term))
        .filter(|index| quorum.is_met_by(&|node| held(node) >= *index))
        .max()
        .unwrap_or(self.commit)
}
