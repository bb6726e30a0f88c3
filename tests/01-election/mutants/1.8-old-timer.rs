// exercise: 1.8
// item: election::Election::hear_leader
// differs: a heartbeat does not start the timer anew
fn hear_leader(&mut self, from: NodeId, view: View<'_>) -> Result<(), Dropped> {
    match &self.state {
        State::Leader { .. } => return Err(Dropped::SecondLeader),
        State::Follower { leader: Some(leader) } if *leader != from => {
            return Err(Dropped::SecondLeader);
        }
        State::Follower { .. } | State::Candidate { .. } => {}
    }
    self.state = State::Follower { leader: Some(from) };
    self.send(from, Body::HeartbeatAnswer);
    Ok(())
}
