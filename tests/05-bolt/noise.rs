//! The fuzzer's corpus, and mutations of it: a bounded run of what a fuzzer does for ever.
//!
//! Three files are of bbolt, and one is of etcd 3.7.1.

use crate::hostile::input;
use harness::{Draws, check};
use std::path::Path;

/// How many inputs are made of the corpus.
const MUTATIONS: usize = 6_000;

/// All inputs that were worth keeping, in the order of their names.
fn corpus() -> Vec<Vec<u8>> {
    let place = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/05-bolt/fuzz/corpus/look");
    let files = std::fs::read_dir(&place).expect("the corpus is beside this file");
    let mut paths: Vec<_> = files.map(|file| file.expect("it can be listed").path()).collect();
    paths.sort();
    paths.iter().map(|path| std::fs::read(path).expect("it can be read")).collect()
}

#[test]
fn the_corpus() {
    check(|| {
        let corpus = corpus();
        corpus.iter().for_each(|bytes| input(bytes));
        harness::note(format!("{} inputs", corpus.len()));
        assert!(corpus.len() > 3, "it is there");
    });
}

#[test]
fn mutations_of_it() {
    check(|| {
        let corpus = corpus();
        let mut draws = Draws::new(3);
        for _ in 0..MUTATIONS {
            let mut bytes = corpus[draws.index(corpus.len())].clone();
            for _ in 0..draws.between(1, 3) {
                mutate(&mut bytes, &mut draws);
            }
            input(&bytes);
        }
        harness::note(format!("{MUTATIONS} inputs"));
    });
}

/// One change: a byte, a number in a head or an element, a page in the place of another.
fn mutate(bytes: &mut [u8], draws: &mut Draws) {
    // Behind the first byte, which is no part of the file.
    let size = 1_024;
    let page = 1 + draws.index(bytes.len() / size) * size;
    match draws.below(5) {
        0 => {
            let at = draws.index(bytes.len());
            bytes[at] = draws.next().to_le_bytes()[0];
        }
        1 => {
            let at = draws.index(bytes.len());
            bytes[at] ^= 1 << draws.below(8);
        }
        2 => {
            let from = 1 + draws.index(bytes.len() / size) * size;
            let length = size.min(bytes.len() - page).min(bytes.len() - from);
            bytes.copy_within(from..from + length, page);
        }
        3 => {
            let at = (page + draws.index(16)).min(bytes.len() - 1);
            bytes[at] = [0, 1, 2, 4, 16, 0xff][draws.index(6)];
        }
        _ => {
            let at = (page + 16 + draws.index(200)).min(bytes.len() - 1);
            let end = (at + 4).min(bytes.len());
            bytes[at..end].fill([0, 1, 0x7f, 0xff][draws.index(4)]);
        }
    }
}
