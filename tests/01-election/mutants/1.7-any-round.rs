// exercise: 1.7
// item: election::Election::tally
// differs: an answer to the poll is taken for a vote
fn tally(&mut self, voter: NodeId, round: Round, granted: bool, view: View<'_>) {
    let State::Candidate { round: current, ballots } = &mut self.state else {
        return;
    };
    let _ = current;
    ballots.record(voter, granted);
    match (ballots.outcome(view.quorum), round) {
        (Outcome::Won, Round::Vote) => self.lead(view),
        (Outcome::Won, Round::PreVote) => self.campaign(view),
        (Outcome::Lost, Round::Vote | Round::PreVote) => self.follow(None, view),
        (Outcome::Pending, Round::Vote | Round::PreVote) => {}
    }
}
