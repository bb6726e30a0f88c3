// exercise: 2.4
// item: replication::Replica::lead
// differs: the leader keeps account of itself as of a follower
fn lead(&mut self, quorum: &dyn Quorum) {
    let next = Index(self.log.last().index.0 + 1);
    let voters = quorum.voters().into_iter();
    let followers = voters.map(|voter| (voter, Progress::new(next))).collect();
    let term = self.election.hard_state().term;
    self.log.push(Entry { term, payload: None });
    let uncommitted = self.bytes_between(self.commit, self.log.last().index);
    self.leading = Some(Leading { term, followers, uncommitted });
}
