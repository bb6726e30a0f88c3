// exercise: 1.10
// item: election::Election::shields
// differs: every message of a later term is dropped
fn shields(&self, message: &Message<Body>) -> bool {
    let asks = match message.body {
        Body::VoteRequest { .. } => true,
        Body::VoteAnswer { .. } | Body::Heartbeat | Body::HeartbeatAnswer => false,
    };
    message.term > self.hard.term && self.in_touch()
}
