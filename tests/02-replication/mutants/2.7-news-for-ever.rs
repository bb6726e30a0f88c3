// exercise: 2.7
// item: replication::Replica::appends
// differs: the commit is told again and again
fn appends(&mut self) -> Vec<Message<Body<P>>> {
    let mut messages = Vec::new();
    let Some(leading) = &mut self.leading else { return messages };
    let commit = self.commit;
    let (from, term) = (self.election.id(), self.election.hard_state().term);
    for (to, follower) in &mut leading.followers {
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
            say(Span::empty(follower.question(&self.log)));
            silent = false;
        }
        if !silent {
            follower.due = false;
        }
    }
    messages
}
