// exercise: 1.10
// item: election::Election::check_quorum
// differs: who was heard once counts in every later check
fn check_quorum(&mut self, view: View<'_>) {
    let State::Leader { heard, .. } = &mut self.state else {
        return;
    };
    let heard = heard.clone();
    if !view.quorum.is_met_by(&|node| node == self.id || heard.contains(&node)) {
        self.follow(None, view);
    }
}
