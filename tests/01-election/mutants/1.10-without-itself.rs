// exercise: 1.10
// item: election::Election::check_quorum
// differs: a leader does not count itself
fn check_quorum(&mut self, view: View<'_>) {
    let State::Leader { heard, .. } = &mut self.state else {
        return;
    };
    let heard = std::mem::take(heard);
    if !view.quorum.is_met_by(&|node| heard.contains(&node)) {
        self.follow(None, view);
    }
}
