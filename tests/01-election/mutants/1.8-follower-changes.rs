// exercise: 1.8
// item: election::Election::hear_leader
// differs: a follower changes its leader within a term
fn hear_leader(&mut self, from: NodeId, view: View<'_>) -> Result<(), Dropped> {
    match &self.state {
        State::Leader { .. } => return Err(Dropped::SecondLeader),
        State::Follower { .. } | State::Candidate { .. } => {}
    }
    self.follow(Some(from), view);
    self.send(from, Body::HeartbeatAnswer);
    Ok(())
}
