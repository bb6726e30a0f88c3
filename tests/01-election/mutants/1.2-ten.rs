// exercise: 1.2
// item: election::Timer::random
// differs: the range is ten, whatever the ticks
fn random(ticks: u32, draw: u64) -> Timer {
    let extra = draw % 10;
    let _ = ticks;
    Timer::fixed(ticks + u32::try_from(extra).expect("less than ticks, which is a u32"))
}
