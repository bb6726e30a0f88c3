// exercise: 1.9
// item: election::Election::would_grant
// differs: it says yes while its leader is heard
fn would_grant(&self, last: Position, view: View<'_>) -> bool {
    last >= view.last
}
