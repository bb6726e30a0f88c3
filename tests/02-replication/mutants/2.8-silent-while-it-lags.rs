// exercise: 2.8
// item: replication::Replica::ready
// differs: a node whose state machine lags does nothing at all
fn ready(&mut self) -> Option<Batch<P>> {
    if self.apply_lags() {
        return None;
    }
    let (mut send_now, election_save) = self.ready_election();
    send_now.extend(self.appends());
    let mut gated = Vec::new();
    for message in std::mem::take(&mut self.answers) {
        match message.body {
            Body::Answer(Answer::Accepted { .. }) => gated.push(message),
            Body::Answer(Answer::Refused { .. }) | Body::Append { .. } | Body::Election(_) => {
                send_now.push(message)
            }
        }
    }
    let last = self.log.last().index;
    let unsaved = self.log.span(self.on_disk.handed_out(), last, usize::MAX);
    let unsaved = unsaved.expect("what is not saved yet is in the log");
    let unsaved = (!unsaved.entries.is_empty()).then_some(unsaved);
    let save = (election_save.is_some() || unsaved.is_some() || !gated.is_empty()).then(|| {
        self.on_disk.hand_out(last);
        self.one_save(election_save, unsaved, gated)
    });
    let apply = self.take_committed();
    let idle = send_now.is_empty() && save.is_none() && apply.is_none();
    (!idle).then_some(Batch { send_now, save, apply })
}
