// exercise: 1.5
// item: election::Election::heed_term
// differs: a candidate stays one in a later term
fn heed_term(&mut self, message: &Message<Body>, view: View<'_>) -> bool {
    if message.term < self.hard.term {
        if let Some(body) = message.body.refusal() {
            self.send(message.from, body);
        }
        return false;
    }
    if message.term > self.hard.term {
        self.hard = HardState { term: message.term, vote: None };
    }
    true
}
