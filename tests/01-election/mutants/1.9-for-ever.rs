// exercise: 1.9
// item: election::Election::in_touch
// differs: who has heard a leader once is in touch for ever
fn in_touch(&self) -> bool {
    match &self.state {
        State::Leader { .. } => true,
        State::Follower { leader: Some(_) } => true,
        State::Follower { leader: None } | State::Candidate { .. } => false,
    }
}
