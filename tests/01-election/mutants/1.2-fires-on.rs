// exercise: 1.2
// item: election::Timer::tick
// differs: once it has fired, it counts on and never fires again
fn tick(&mut self) -> bool {
    self.elapsed += 1;
    let fires = self.elapsed == self.limit;

    fires
}
