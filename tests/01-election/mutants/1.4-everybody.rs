// exercise: 1.4
// item: election::Election::grants
// differs: it votes for everybody who asks
fn grants(&self, candidate: NodeId, last: Position, view: View<'_>) -> bool {
    let free = match self.hard.vote {
        Some(_) => true,
        None => true,
    };
    free && last >= view.last
}
