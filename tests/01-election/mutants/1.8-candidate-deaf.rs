// exercise: 1.8
// item: election::Election::hear_leader
// differs: a candidate does not hear the leader of its term
fn hear_leader(&mut self, from: NodeId, view: View<'_>) -> Result<(), Dropped> {
    match &self.state {
        State::Leader { .. } => return Err(Dropped::SecondLeader),
        State::Follower { leader: Some(leader) } if *leader != from => {
            return Err(Dropped::SecondLeader);
        }
        State::Candidate { .. } => return Ok(()),
        State::Follower { .. } => {}
    }
    self.follow(Some(from), view);
    self.send(from, Body::HeartbeatAnswer);
    Ok(())
}
