// exercise: 1.1
// item: election::Majority::is_met_by
// differs: half of the voters are a majority
fn is_met_by(&self, has: &dyn Fn(NodeId) -> bool) -> bool {
    let count = self.voters.iter().filter(|voter| has(**voter)).count();
    2 * count >= self.voters.len()
}
