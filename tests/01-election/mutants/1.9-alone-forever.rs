// exercise: 1.9
// item: election::Election::canvass
// differs: its own yes is not counted
fn canvass(&mut self, view: View<'_>) {
    self.state = State::Candidate { round: Round::PreVote, ballots: Ballots::default() };
    self.timer = Timer::random(self.options.election_ticks, view.draw);
    self.broadcast(&Body::VoteRequest { round: Round::PreVote, last: view.last }, view);
}
