// exercise: 1.5
// item: election::Election::campaign
// differs: it says that its log is empty
fn campaign(&mut self, view: View<'_>) {
    self.hard = HardState { term: self.hard.term.next(), vote: Some(self.id) };
    self.state = State::Candidate { round: Round::Vote, ballots: Ballots::default() };
    self.timer = Timer::random(self.options.election_ticks, view.draw);
    self.broadcast(
        &Body::VoteRequest { round: Round::Vote, last: basics::Position::START },
        view,
    );
}
