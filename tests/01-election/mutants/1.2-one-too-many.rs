// exercise: 1.2
// item: election::Timer::random
// differs: a limit may be twice the ticks
fn random(ticks: u32, draw: u64) -> Timer {
    let extra = draw % u64::from(ticks + 1);
    Timer::fixed(ticks + u32::try_from(extra).expect("less than ticks, which is a u32"))
}
