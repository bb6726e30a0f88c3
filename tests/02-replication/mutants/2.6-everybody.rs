// exercise: 2.6
// item: replication::Replica::committable
// differs: an entry is committed when every voter has it
fn committable(&self, _quorum: &dyn Quorum) -> Index {
    let Some(leading) = &self.leading else { return self.commit };
    let term = self.election.hard_state().term;
    let followers = leading.followers.values().map(|follower| follower.matched);
    let all = followers.chain([self.on_disk.synced()]).min().unwrap_or(self.commit);
    if self.log.term_at(all) == Some(term) { all.max(self.commit) } else { self.commit }
}
