// exercise: 1.2
// item: election::Timer::tick
// differs: it fires a tick late
fn tick(&mut self) -> bool {
    self.elapsed += 1;
    let fires = self.elapsed > self.limit;
    if fires {
        self.elapsed = 0;
    }
    fires
}
