// exercise: 2.4
// item: replication::Replica::propose
// differs: the position is that of the entry before the proposal
fn propose(&mut self, payload: P) -> Result<Position, Refused> {
    let Some(leading) = &mut self.leading else {
        return Err(Refused::NotLeader(self.election.leader()));
    };
    let entry = Entry { term: self.election.hard_state().term, payload: Some(payload) };
    let limits = self.options.limits;
    if limits.is_some_and(|limits| !limits.admit(leading.uncommitted, entry.size())) {
        return Err(Refused::Full);
    }
    leading.uncommitted += entry.size();
    let position = self.log.last();
    self.log.push(entry);
    Ok(position)
}
