// exercise: 1.8
// item: election::Election::hear_leader
// differs: a leader follows another of its own term
fn hear_leader(&mut self, from: NodeId, view: View<'_>) -> Result<(), Dropped> {
    match &self.state {
        State::Leader { .. } => {}
        State::Follower { leader: Some(leader) } if *leader != from => {
            return Err(Dropped::SecondLeader);
        }
        State::Follower { .. } | State::Candidate { .. } => {}
    }
    self.follow(Some(from), view);
    self.send(from, Body::HeartbeatAnswer);
    Ok(())
}
