// exercise: 1.1
// item: election::Majority::is_met_by
// differs: nodes without a vote count
fn is_met_by(&self, has: &dyn Fn(NodeId) -> bool) -> bool {
    let count = (0..10).filter(|n| has(NodeId(*n))).count();
    2 * count > self.voters.len()
}
