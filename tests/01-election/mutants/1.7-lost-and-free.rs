// exercise: 1.7
// item: election::Election::tally
// differs: who loses votes again in the same term
fn tally(&mut self, voter: NodeId, round: Round, granted: bool, view: View<'_>) {
    let State::Candidate { round: current, ballots } = &mut self.state else {
        return;
    };
    if *current != round {
        return;
    }
    ballots.record(voter, granted);
    match (ballots.outcome(view.quorum), round) {
        (Outcome::Won, Round::Vote) => self.lead(view),
        (Outcome::Won, Round::PreVote) => self.campaign(view),
        (Outcome::Lost, Round::Vote | Round::PreVote) => {
            self.hard.vote = None;
            self.follow(None, view)
        }
        (Outcome::Pending, Round::Vote | Round::PreVote) => {}
    }
}
