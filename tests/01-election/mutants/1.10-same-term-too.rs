// exercise: 1.10
// item: election::Election::shields
// differs: a request of our own term gets no answer
fn shields(&self, message: &Message<Body>) -> bool {
    let asks = match message.body {
        Body::VoteRequest { .. } => true,
        Body::VoteAnswer { .. } | Body::Heartbeat | Body::HeartbeatAnswer => false,
    };
    asks && self.in_touch()
}
