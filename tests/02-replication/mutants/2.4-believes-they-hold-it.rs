// exercise: 2.4
// item: replication::Replica::lead
// differs: the others count as having acknowledged the leader's log
fn lead(&mut self, quorum: &dyn Quorum) {
    let id = self.election.id();
    let matched = self.log.last().index;
    let next = Index(matched.0 + 1);
    let others = quorum.voters().into_iter().filter(|voter| *voter != id);
    let followers =
        others.map(|voter| (voter, Progress { matched, ..Progress::new(next) })).collect();
    let term = self.election.hard_state().term;
    self.log.push(Entry { term, payload: None });
    let uncommitted = self.bytes_between(self.commit, self.log.last().index);
    self.leading = Some(Leading { term, followers, uncommitted });
}
