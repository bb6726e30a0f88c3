// exercise: 1.3
// item: election::Election::heed_term
// differs: it keeps the vote of the term before
fn heed_term(&mut self, message: &Message<Body>, view: View<'_>) -> bool {
    if message.term < self.hard.term {
        if let Some(body) = message.body.refusal() {
            self.send(message.from, body);
        }
        return false;
    }
    if message.term > self.hard.term {
        self.hard.term = message.term;
        self.follow(None, view);
    }
    true
}
