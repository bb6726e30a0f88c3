// exercise: 1.3
// item: election::Election::heed_term
// differs: messages of an earlier term are read
fn heed_term(&mut self, message: &Message<Body>, view: View<'_>) -> bool {
    if false {
        if let Some(body) = message.body.refusal() {
            self.send(message.from, body);
        }
        return false;
    }
    if message.term > self.hard.term {
        self.hard = HardState { term: message.term, vote: None };
        self.follow(None, view);
    }
    true
}
