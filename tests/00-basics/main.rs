//! The graded tests of `basics`: what the layers take for granted.

use basics::{Index, Message, NodeId, Position, Save, Term};
use harness::check;

fn at(term: u64, index: u64) -> Position {
    Position { term: Term(term), index: Index(index) }
}

fn message(body: &'static str) -> Message<&'static str> {
    Message { from: NodeId(1), to: NodeId(2), term: Term(3), body }
}

mod ids {
    use super::*;

    #[test]
    fn a_later_term_is_a_better_log() {
        check(|| {
            assert!(at(3, 5) > at(2, 7), "the term decides first");
            assert!(at(3, 6) > at(3, 5), "then the index");
            assert_eq!(Position::START, Position::default());
            assert!(at(0, 0) < at(0, 1) && at(0, 9) < at(1, 0));
        });
    }

    #[test]
    fn they_are_written_as_the_book_writes_them() {
        check(|| {
            let words = format!("{} {} {} {}", NodeId(2), Term(7), Index(9), at(7, 9));
            assert_eq!(words, "n2 t7 9 (t7, 9)");
        });
    }

    #[test]
    fn there_is_a_next_term() {
        check(|| {
            assert_eq!(Term::ZERO.next(), Term(1));
            assert_eq!(Term(u64::MAX - 1).next(), Term::LAST);
        });
    }
}

mod saves {
    use super::*;

    #[test]
    fn what_waits_comes_out_with_the_receipt() {
        check(|| {
            let mut save = Save::new(7, vec![message("granted")]);
            save.gate([message("accepted")]);
            assert_eq!(*save.content(), 7);
            let (synced, messages) = save.synced();
            assert_eq!(*synced.content(), 7);
            assert_eq!(messages, [message("granted"), message("accepted")]);
        });
    }

    #[test]
    fn a_layer_above_puts_both_into_its_own_words() {
        check(|| {
            let save = Save::new(7, vec![message("granted")]);
            let save = save.map(|number| (Some(number), "entries"), str::len);
            let (synced, messages) = save.synced();
            assert_eq!(messages, [message("granted").map(str::len)]);
            let below = synced.part(|(number, _)| number).expect("it was written");
            assert_eq!(*below.content(), 7);
            assert_eq!(Save::<_, &str>::new((), vec![]).synced().0.part(|()| None::<u8>), None);
        });
    }
}
