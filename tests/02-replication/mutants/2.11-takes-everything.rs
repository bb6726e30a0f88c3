// exercise: 2.11
// item: replication::Replica::propose
// differs: a leader takes every proposal, whatever the limits say
fn propose(&mut self, payload: P) -> Result<Position, Refused> {
    let Some(leading) = &mut self.leading else {
        return Err(Refused::NotLeader(self.election.leader()));
    };
    let entry = Entry { term: self.election.hard_state().term, payload: Some(payload) };
    leading.uncommitted += entry.size();
    Ok(self.log.push(entry))
}
