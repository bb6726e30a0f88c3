// exercise: 1.10
// item: election::Election::check_quorum
// differs: a leader that steps down enters the next term
fn check_quorum(&mut self, view: View<'_>) {
    let State::Leader { heard, .. } = &mut self.state else {
        return;
    };
    let heard = std::mem::take(heard);
    if !view.quorum.is_met_by(&|node| node == self.id || heard.contains(&node)) {
        self.hard.term = self.hard.term.next();
        self.hard.vote = None;
        self.follow(None, view);
    }
}
