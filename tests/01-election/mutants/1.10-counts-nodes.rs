// exercise: 1.10
// item: election::Election::check_quorum
// differs: it counts nodes and not voters
fn check_quorum(&mut self, view: View<'_>) {
    let State::Leader { heard, .. } = &mut self.state else {
        return;
    };
    let heard = std::mem::take(heard);
    if 2 * (heard.len() + 1) <= view.quorum.voters().len() {
        self.follow(None, view);
    }
}
