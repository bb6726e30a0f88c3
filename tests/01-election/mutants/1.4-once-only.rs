// exercise: 1.4
// item: election::Election::grants
// differs: the same candidate is refused when it asks again
fn grants(&self, candidate: NodeId, last: Position, view: View<'_>) -> bool {
    let free = match self.hard.vote {
        Some(_) => false,
        None => true,
    };
    free && last >= view.last
}
