// exercise: 1.9
// item: election::Election::canvass
// differs: a poll enters the next term
fn canvass(&mut self, view: View<'_>) {
    self.state = State::Candidate { round: Round::PreVote, ballots: Ballots::default() };
    self.hard.term = self.hard.term.next();
    self.timer = Timer::random(self.options.election_ticks, view.draw);
    self.broadcast(&Body::VoteRequest { round: Round::PreVote, last: view.last }, view);
    self.tally(self.id, Round::PreVote, true, view);
}
