// exercise: 1.2
// item: election::Timer::random
// differs: only two limits are ever drawn
fn random(ticks: u32, draw: u64) -> Timer {
    let extra = (draw as u32 as u64) % 2;
    Timer::fixed(ticks + u32::try_from(extra).expect("less than ticks, which is a u32"))
}
