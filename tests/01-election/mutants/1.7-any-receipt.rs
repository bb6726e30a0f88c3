// exercise: 1.7
// item: election::Election::persisted
// differs: a receipt for an earlier term counts
fn persisted(&mut self, synced: Synced, view: View<'_>) {
    if self.role() == Role::Candidate && synced.hard_state().term <= self.hard.term {
        self.tally(self.id, Round::Vote, true, view);
    }
}
