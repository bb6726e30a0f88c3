// exercise: 1.10
// item: election::Election::shields
// differs: a leader that was known once shields for ever
fn shields(&self, message: &Message<Body>) -> bool {
    let asks = match message.body {
        Body::VoteRequest { .. } => true,
        Body::VoteAnswer { .. } | Body::Heartbeat | Body::HeartbeatAnswer => false,
    };
    asks && message.term > self.hard.term && self.leader().is_some()
}
