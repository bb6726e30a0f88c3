// exercise: 1.10
// item: election::Election::shields
// differs: who hears no leader drops requests too
fn shields(&self, message: &Message<Body>) -> bool {
    let asks = match message.body {
        Body::VoteRequest { .. } => true,
        Body::VoteAnswer { .. } | Body::Heartbeat | Body::HeartbeatAnswer => false,
    };
    asks && message.term > self.hard.term
}
