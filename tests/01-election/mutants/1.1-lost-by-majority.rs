// exercise: 1.1
// item: election::Ballots::outcome
// differs: a vote is lost only when a majority has said no, so an even split waits for ever
fn outcome(&self, quorum: &dyn Quorum) -> Outcome {
    let said_yes = |voter| self.answers.get(&voter) == Some(&true);
    let can_say_yes = |voter| self.answers.get(&voter) != Some(&false);
    if quorum.is_met_by(&said_yes) {
        Outcome::Won
    } else if quorum.is_met_by(&|v| self.answers.get(&v) == Some(&false)) {
        Outcome::Lost
    } else {
        let _ = can_say_yes;
        Outcome::Pending
    }
}
