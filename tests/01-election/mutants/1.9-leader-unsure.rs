// exercise: 1.9
// item: election::Election::in_touch
// differs: a leader says yes to a rival
fn in_touch(&self) -> bool {
    match &self.state {
        State::Leader { .. } => false,
        State::Follower { leader: Some(_) } => {
            self.timer.elapsed() < self.options.election_ticks
        }
        State::Follower { leader: None } | State::Candidate { .. } => false,
    }
}
