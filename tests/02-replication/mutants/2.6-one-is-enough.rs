// exercise: 2.6
// item: replication::Replica::committable
// differs: an entry is committed when anybody has it
fn committable(&self, _quorum: &dyn Quorum) -> Index {
    let Some(leading) = &self.leading else { return self.commit };
    let term = self.election.hard_state().term;
    let followers = leading.followers.values().map(|follower| follower.matched);
    let any = followers.chain([self.on_disk.synced()]).max().unwrap_or(self.commit);
    if self.log.term_at(any) == Some(term) { any.max(self.commit) } else { self.commit }
}
