// exercise: 1.1
// item: election::Ballots::outcome
// differs: who has not answered is counted as a no
fn outcome(&self, quorum: &dyn Quorum) -> Outcome {
    let said_yes = |voter| self.answers.get(&voter) == Some(&true);
    let can_say_yes = |voter| self.answers.get(&voter) == None;
    if quorum.is_met_by(&said_yes) {
        Outcome::Won
    } else if quorum.is_met_by(&can_say_yes) {
        Outcome::Pending
    } else {
        Outcome::Lost
    }
}
