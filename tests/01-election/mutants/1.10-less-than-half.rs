// exercise: 1.10
// item: election::Election::check_quorum
// differs: half of an even cluster is enough to go on
fn check_quorum(&mut self, view: View<'_>) {
    let State::Leader { heard, .. } = &mut self.state else {
        return;
    };
    let heard = std::mem::take(heard);
    if 2 * (heard.len() + 1) < view.quorum.voters().len() {
        self.follow(None, view);
    }
}
