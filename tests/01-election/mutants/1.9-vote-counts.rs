// exercise: 1.9
// item: election::Election::would_grant
// differs: who has voted in this term says no about the next
fn would_grant(&self, last: Position, view: View<'_>) -> bool {
    self.hard.vote.is_none() && !self.in_touch() && last >= view.last
}
