// exercise: 1.5
// item: election::Election::campaign
// differs: a candidate does not vote for itself
fn campaign(&mut self, view: View<'_>) {
    self.hard = HardState { term: self.hard.term.next(), vote: None };
    self.state = State::Candidate { round: Round::Vote, ballots: Ballots::default() };
    self.timer = Timer::random(self.options.election_ticks, view.draw);
    self.broadcast(&Body::VoteRequest { round: Round::Vote, last: view.last }, view);
}
