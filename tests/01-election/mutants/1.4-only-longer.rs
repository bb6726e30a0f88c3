// exercise: 1.4
// item: election::Election::grants
// differs: a log that is equal is refused
fn grants(&self, candidate: NodeId, last: Position, view: View<'_>) -> bool {
    let free = match self.hard.vote {
        Some(other) => other == candidate,
        None => true,
    };
    free && last > view.last
}
