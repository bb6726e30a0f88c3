// exercise: 2.11
// item: replication::Replica::propose
// differs: a proposal's overhead does not count
fn propose(&mut self, payload: P) -> Result<Position, Refused> {
    let Some(leading) = &mut self.leading else {
        return Err(Refused::NotLeader(self.election.leader()));
    };
    let entry = Entry { term: self.election.hard_state().term, payload: Some(payload) };
    let size = entry.payload.as_ref().map_or(0, |payload| payload.bytes().len());
    let limits = self.options.limits;
    if limits.is_some_and(|limits| !limits.admit(leading.uncommitted, size)) {
        return Err(Refused::Full);
    }
    leading.uncommitted += entry.size();
    Ok(self.log.push(entry))
}
