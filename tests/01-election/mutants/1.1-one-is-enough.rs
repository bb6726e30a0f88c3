// exercise: 1.1
// item: election::Majority::is_met_by
// differs: one voter is a majority of any number
fn is_met_by(&self, has: &dyn Fn(NodeId) -> bool) -> bool {
    self.voters.iter().any(|voter| has(*voter))
}
