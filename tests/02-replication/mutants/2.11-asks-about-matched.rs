// exercise: 2.11
// item: replication::Replica::appends
// differs: a heartbeat asks about what was acknowledged, not about what was sent
fn appends(&mut self) -> Vec<Message<Body<P>>> {
    let mut messages = Vec::new();
    let Some(leading) = &mut self.leading else { return messages };
    let commit = self.commit;
    let (from, term) = (self.election.id(), self.election.hard_state().term);
    for (to, follower) in &mut leading.followers {
        let matched = follower.matched;
        let mut say = |span: Span<P>| {
            let body = Body::Append { span, commit };
            messages.push(Message { from, to: *to, term, body });
        };
        let mut silent = true;
        while let Some(span) = follower.next_append(&self.log, &self.options) {
            say(span);
            silent = false;
        }
        let news = follower.told < commit && follower.has_room(&self.options);
        if silent && (follower.due || news) {
            say(Span::empty(match self.log.term_at(matched) {
                Some(term) => Position { term, index: matched },
                None => self.log.start(),
            }));
            silent = false;
        }
        if !silent {
            follower.told = commit;
            follower.due = false;
        }
    }
    messages
}
