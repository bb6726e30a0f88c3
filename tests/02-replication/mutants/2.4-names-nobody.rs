// exercise: 2.4
// item: replication::Replica::propose
// differs: a follower does not say who leads
fn propose(&mut self, payload: P) -> Result<Position, Refused> {
    let Some(leading) = &mut self.leading else { return Err(Refused::NotLeader(None)) };
    let entry = Entry { term: self.election.hard_state().term, payload: Some(payload) };
    let limits = self.options.limits;
    if limits.is_some_and(|limits| !limits.admit(leading.uncommitted, entry.size())) {
        return Err(Refused::Full);
    }
    leading.uncommitted += entry.size();
    Ok(self.log.push(entry))
}
