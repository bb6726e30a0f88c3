// exercise: 1.5
// item: election::Election::campaign
// differs: every candidate waits equally long
fn campaign(&mut self, view: View<'_>) {
    self.hard = HardState { term: self.hard.term.next(), vote: Some(self.id) };
    self.state = State::Candidate { round: Round::Vote, ballots: Ballots::default() };
    self.timer = Timer::fixed(self.options.election_ticks);
    self.broadcast(&Body::VoteRequest { round: Round::Vote, last: view.last }, view);
}
