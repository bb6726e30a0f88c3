// exercise: 1.4
// item: election::Election::grants
// differs: it compares indices and not terms
fn grants(&self, candidate: NodeId, last: Position, view: View<'_>) -> bool {
    let free = match self.hard.vote {
        Some(other) => other == candidate,
        None => true,
    };
    free && last.index >= view.last.index
}
