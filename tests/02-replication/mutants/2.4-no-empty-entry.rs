// exercise: 2.4
// item: replication::Replica::lead
// differs: a new leader adds no entry of its own
fn lead(&mut self, quorum: &dyn Quorum) {
    let id = self.election.id();
    let next = Index(self.log.last().index.0 + 1);
    let others = quorum.voters().into_iter().filter(|voter| *voter != id);
    let followers = others.map(|voter| (voter, Progress::new(next))).collect();
    let term = self.election.hard_state().term;
    let uncommitted = self.bytes_between(self.commit, self.log.last().index);
    self.leading = Some(Leading { term, followers, uncommitted });
}
