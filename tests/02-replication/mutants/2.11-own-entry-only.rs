// exercise: 2.11
// item: replication::Replica::lead
// differs: entries of older leaders do not count as uncommitted
fn lead(&mut self, quorum: &dyn Quorum) {
    let id = self.election.id();
    let next = Index(self.log.last().index.0 + 1);
    let others = quorum.voters().into_iter().filter(|voter| *voter != id);
    let followers = others.map(|voter| (voter, Progress::new(next))).collect();
    let term = self.election.hard_state().term;
    self.log.push(Entry { term, payload: None });
    let before = Index(self.log.last().index.0 - 1);
    let uncommitted = self.bytes_between(self.commit.max(before), self.log.last().index);
    self.leading = Some(Leading { term, followers, uncommitted });
}
