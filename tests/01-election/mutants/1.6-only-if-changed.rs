// exercise: 1.6
// item: election::Election::ready
// differs: a vote that is repeated while its save is under way is lost
fn ready(&mut self) -> Option<Batch> {
    let mut send_now = Vec::new();
    let mut gated = Vec::new();
    for message in std::mem::take(&mut self.outgoing) {
        match message.body {
            Body::VoteRequest { round: Round::Vote, .. }
            | Body::VoteAnswer { round: Round::Vote, granted: true } => gated.push(message),
            Body::VoteRequest { round: Round::PreVote, .. }
            | Body::VoteAnswer { .. }
            | Body::Heartbeat
            | Body::HeartbeatAnswer => send_now.push(message),
        }
    }
    let changed = self.hard != self.handed_out;
    self.handed_out = self.hard;
    let save = changed.then(|| Save::new(self.hard, gated));
    let idle = send_now.is_empty() && save.is_none();
    (!idle).then_some(Batch { send_now, save })
}
