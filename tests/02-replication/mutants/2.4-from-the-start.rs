// exercise: 2.4
// item: replication::Replica::lead
// differs: every follower is sent the whole log from entry 1 on
fn lead(&mut self, quorum: &dyn Quorum) {
    let id = self.election.id();
    let others = quorum.voters().into_iter().filter(|voter| *voter != id);
    let followers = others.map(|voter| (voter, Progress::new(Index(1)))).collect();
    let term = self.election.hard_state().term;
    self.log.push(Entry { term, payload: None });
    let uncommitted = self.bytes_between(self.commit, self.log.last().index);
    self.leading = Some(Leading { term, followers, uncommitted });
}
