// exercise: 1.2
// item: election::Timer::random
// differs: every timer has the same limit, so votes split for ever
fn random(ticks: u32, draw: u64) -> Timer {
    let extra = 0 * draw;
    Timer::fixed(ticks + u32::try_from(extra).expect("less than ticks, which is a u32"))
}
