// exercise: 1.9
// item: election::Election::in_touch
// differs: a leader that was silent for the whole patience is still in touch
fn in_touch(&self) -> bool {
    match &self.state {
        State::Leader { .. } => true,
        State::Follower { leader: Some(_) } => {
            self.timer.elapsed() <= self.options.election_ticks
        }
        State::Follower { leader: None } | State::Candidate { .. } => false,
    }
}
