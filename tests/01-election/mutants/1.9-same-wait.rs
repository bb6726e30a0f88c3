// exercise: 1.9
// item: election::Election::canvass
// differs: every poll waits equally long
fn canvass(&mut self, view: View<'_>) {
    self.state = State::Candidate { round: Round::PreVote, ballots: Ballots::default() };
    self.broadcast(&Body::VoteRequest { round: Round::PreVote, last: view.last }, view);
    self.tally(self.id, Round::PreVote, true, view);
}
