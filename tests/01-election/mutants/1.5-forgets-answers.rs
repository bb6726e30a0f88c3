// exercise: 1.5
// item: election::Election::campaign
// differs: a campaign throws away what was to be said
fn campaign(&mut self, view: View<'_>) {
    self.outgoing.clear();
    self.hard = HardState { term: self.hard.term.next(), vote: Some(self.id) };
    self.state = State::Candidate { round: Round::Vote, ballots: Ballots::default() };
    self.timer = Timer::random(self.options.election_ticks, view.draw);
    self.broadcast(&Body::VoteRequest { round: Round::Vote, last: view.last }, view);
}
