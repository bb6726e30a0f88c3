// exercise: 1.9
// item: election::Election::would_grant
// differs: it does not look at the log
fn would_grant(&self, last: Position, view: View<'_>) -> bool {
    !self.in_touch()
}
