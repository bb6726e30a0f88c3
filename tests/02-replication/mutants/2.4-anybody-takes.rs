// exercise: 2.4
// item: replication::Replica::propose
// differs: a follower adds the proposal to its own log
fn propose(&mut self, payload: P) -> Result<Position, Refused> {
    let entry = Entry { term: self.election.hard_state().term, payload: Some(payload) };
    if let Some(leading) = &mut self.leading {
        let limits = self.options.limits;
        if limits.is_some_and(|limits| !limits.admit(leading.uncommitted, entry.size())) {
            return Err(Refused::Full);
        }
        leading.uncommitted += entry.size();
    }
    Ok(self.log.push(entry))
}
