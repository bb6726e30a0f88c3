// exercise: 2.11
// item: replication::Replica::propose
// differs: a proposal that was refused counts as uncommitted
fn propose(&mut self, payload: P) -> Result<Position, Refused> {
    let Some(leading) = &mut self.leading else {
        return Err(Refused::NotLeader(self.election.leader()));
    };
    let entry = Entry { term: self.election.hard_state().term, payload: Some(payload) };
    let before = leading.uncommitted;
    leading.uncommitted += entry.size();
    let limits = self.options.limits;
    if limits.is_some_and(|limits| !limits.admit(before, entry.size())) {
        return Err(Refused::Full);
    }
    Ok(self.log.push(entry))
}
