// exercise: 2.6
// item: replication::Replica::committable
// differs: it takes the middle of what the nodes hold and does not ask the quorum
fn committable(&self, quorum: &dyn Quorum) -> Index {
    let Some(leading) = &self.leading else { return self.commit };
    let mut held: Vec<Index> = leading.followers.values().map(|it| it.matched).collect();
    if quorum.voters().contains(&self.election.id()) {
        held.push(self.on_disk.synced());
    }
    held.sort();
    let index = held[(held.len() - 1) / 2];
    let term = self.election.hard_state().term;
    if index > self.commit && self.log.term_at(index) == Some(term) {
        return index;
    }
    self.commit
}
