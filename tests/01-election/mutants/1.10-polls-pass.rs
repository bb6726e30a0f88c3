// exercise: 1.10
// item: election::Election::shields
// differs: a poll from a later term disturbs
fn shields(&self, message: &Message<Body>) -> bool {
    let asks = match message.body {
        Body::VoteRequest { round, .. } => round == Round::Vote,
        Body::VoteAnswer { .. } | Body::Heartbeat | Body::HeartbeatAnswer => false,
    };
    asks && message.term > self.hard.term && self.in_touch()
}
