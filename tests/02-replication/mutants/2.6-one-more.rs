// exercise: 2.6
// item: replication::Replica::committable
// differs: one entry an answer is committed, however many a majority has
fn committable(&self, quorum: &dyn Quorum) -> Index {
    let Some(leading) = &self.leading else { return self.commit };
    let own = self.on_disk.synced();
    let held = |node: NodeId| match leading.followers.get(&node) {
        Some(follower) => follower.matched,
        None if node == self.election.id() => own,
        None => Index(0),
    };
    let term = self.election.hard_state().term;
    let next = Index(self.commit.0 + 1);
    let counts = self.log.term_at(next) == Some(term);
    if counts && quorum.is_met_by(&|node| held(node) >= next) { next } else { self.commit }
}
