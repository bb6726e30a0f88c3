// exercise: 1.7
// item: election::Election::persisted
// differs: a receipt for an earlier term counts
fn persisted(&mut self, synced: Synced<HardState>, view: View<'_>) {
    if self.role() == Role::Candidate && synced.content().term <= self.hard.term {
        self.tally(self.id, Round::Vote, true, view);
    }
}
