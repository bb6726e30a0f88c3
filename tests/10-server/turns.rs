//! When threads take turns, and when they interrupt each other.

#![cfg(target_os = "linux")]

use harness::check;
use server::turns::Turns;
use std::env;
use std::process::Command;
use std::sync::mpsc::channel;
use std::thread;

/// Does this thread wait for its turn when it wakes up? After the name, which may have anything in
/// it, a thread's policy is the 39th of its numbers.
fn waits() -> bool {
    let line = std::fs::read_to_string("/proc/thread-self/stat").expect("it is there");
    let (_, numbers) = line.rsplit_once(')').expect("the name ends");
    let policy = numbers.split_whitespace().nth(38).expect("it has one");
    assert!(policy == "0" || policy == "3", "{line}");
    policy == "3"
}

/// Decides after saves with so many entries.
fn tick(turns: &mut Turns, saves: &[usize]) -> bool {
    saves.iter().for_each(|entries| turns.note(*entries));
    turns.tick();
    // What holds for this thread holds for all.
    let (before, after) = (waits(), thread::spawn(waits).join().expect("it does not panic"));
    assert_eq!(before, after);
    after
}

/// Beside other tests, other members of this process would decide for its threads, too.
const ALONE: &str = "TURNS_ARE_TAKEN_ALONE";

#[test]
fn they_are_taken_while_saves_are_large() {
    if env::var_os(ALONE).is_some() {
        return decide();
    }
    check(|| {
        let mut alone = Command::new(env::current_exe().expect("it runs"));
        alone.args(["turns::they_are_taken_while_saves_are_large", "--exact", "--nocapture"]);
        let output = alone.env(ALONE, "1").output().expect("it can run again");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let told = String::from_utf8_lossy(&output.stdout);
        assert!(told.contains("1 passed"), "{told}");
    });
}

fn decide() {
    let mut turns = Turns::default();
    assert!(!tick(&mut turns, &[]));
    assert!(!tick(&mut turns, &[4; 100]), "a few at a time get through as fast as can be");
    assert!(!tick(&mut turns, &[500, 0, 0, 0, 0]), "one large save says nothing");
    let ((says, hear), (told, ends)) = (channel(), channel());
    let sleeps = thread::spawn(move || {
        says.send(waits()).expect("it is heard");
        ends.recv().expect("it is told");
        waits()
    });
    assert!(!hear.recv().expect("it has begun"));
    assert!(tick(&mut turns, &[1, 9, 5, 5]), "five on average are many");
    told.send(()).expect("it waits");
    assert!(sleeps.join().expect("it does not panic"), "it holds for threads that sleep");
    assert!(tick(&mut turns, &[3; 20]), "it does not change for one entry more or less");
    assert!(!tick(&mut turns, &[2; 20]));
    assert!(tick(&mut turns, &[50; 20]));
    assert!(!tick(&mut turns, &[]), "nobody writes any more");
}
