//! The fuzzer's corpus, and mutations of it: a bounded run of what a fuzzer does for ever.

use crate::hostile::recover;
use harness::{Draws, check};
use std::path::Path;

/// How many inputs are made of the corpus.
const MUTATIONS: usize = 10_000;

/// All inputs that were worth keeping, in the order of their names.
fn corpus() -> Vec<Vec<u8>> {
    let place =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/03-wal/fuzz/corpus/recover");
    let files = std::fs::read_dir(&place).expect("the corpus is beside this file");
    let mut paths: Vec<_> = files.map(|file| file.expect("it can be listed").path()).collect();
    paths.sort();
    paths.iter().map(|path| std::fs::read(path).expect("it can be read")).collect()
}

#[test]
fn the_corpus() {
    check(|| {
        let corpus = corpus();
        corpus.iter().for_each(|input| recover(input));
        harness::note(format!("{} inputs", corpus.len()));
        assert!(corpus.len() > 5, "it is there");
    });
}

#[test]
fn mutations_of_it() {
    check(|| {
        let corpus = corpus();
        let mut draws = Draws::new(3);
        for _ in 0..MUTATIONS {
            let mut input = corpus[draws.index(corpus.len())].clone();
            for _ in 0..draws.between(1, 4) {
                mutate(&mut input, &corpus, &mut draws);
            }
            recover(&input);
        }
        harness::note(format!("{MUTATIONS} inputs"));
    });
}

/// One change: a byte, a number, a cut, a part of another input.
fn mutate(input: &mut Vec<u8>, corpus: &[Vec<u8>], draws: &mut Draws) {
    let at = draws.index(input.len().max(1));
    match draws.below(6) {
        0 if !input.is_empty() => input[at] = draws.next().to_le_bytes()[0],
        1 if !input.is_empty() => input[at] ^= 1 << draws.below(8),
        2 => input.truncate(at),
        3 => {
            let byte = [0, 1, 0x7f, 0xff][draws.index(4)];
            let end = (at + 8).min(input.len());
            input[at.min(end)..end].fill(byte);
        }
        4 => {
            let other = &corpus[draws.index(corpus.len())];
            let from = draws.index(other.len().max(1)).min(other.len());
            input.truncate(at);
            input.extend(&other[from..]);
        }
        _ => input.insert(at.min(input.len()), draws.next().to_le_bytes()[0]),
    }
}
