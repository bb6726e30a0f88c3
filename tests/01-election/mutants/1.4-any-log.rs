// exercise: 1.4
// item: election::Election::grants
// differs: it does not look at the log
fn grants(&self, candidate: NodeId, last: Position, view: View<'_>) -> bool {
    let free = match self.hard.vote {
        Some(other) => other == candidate,
        None => true,
    };
    free
}
