// exercise: 1.3
// item: election::Election::heed_term
// differs: who asks from an earlier term is not told
fn heed_term(&mut self, message: &Message<Body>, view: View<'_>) -> bool {
    if message.term < self.hard.term {
        return false;
    }
    if message.term > self.hard.term {
        self.hard = HardState { term: message.term, vote: None };
        self.follow(None, view);
    }
    true
}
