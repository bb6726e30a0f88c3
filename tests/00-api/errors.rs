//! Every text and every code, against the table beside this file.

use api::{Code, Error};
use harness::check;
use std::collections::BTreeSet;

/// The catalogue of etcd 3.7: name, code, its number, the number that is sent, text.
const TABLE: &str = include_str!("errors.tsv");

#[test]
fn texts_and_codes_are_those_of_etcd() {
    check(|| {
        let mut errors = Error::ALL.iter();
        for row in TABLE.lines().skip(1) {
            let columns: Vec<&str> = row.split('\t').collect();
            let [name, code, number, sent, text] = columns[..] else {
                panic!("five columns: {row}");
            };
            let error = errors.next().expect("as many errors as rows");
            assert_eq!(format!("{error:?}"), name);
            assert_eq!((error.to_string().as_str(), error.text()), (text, text), "{name}");
            assert_eq!(error.code().to_string(), code, "{name}");
            assert_eq!(error.code().number().to_string(), number, "{name}");
            assert_eq!(error.sent().number().to_string(), sent, "{name}");
        }
        assert_eq!(errors.next(), None, "as many rows as errors");
    });
}

#[test]
fn a_text_leads_back_to_its_error() {
    check(|| {
        let texts: BTreeSet<&str> = Error::ALL.iter().map(|error| error.text()).collect();
        assert_eq!(texts.len(), Error::ALL.len(), "no text is there twice");
        for error in Error::ALL {
            assert_eq!(Error::from_text(error.text()), Some(*error));
        }
        for other in ["", "key is not provided", "etcdserver: key is not provided."] {
            assert_eq!(Error::from_text(other), None, "{other}");
        }
    });
}

#[test]
fn a_refused_watcher_is_told_code_and_text() {
    check(|| {
        assert_eq!(
            Error::PermissionDenied.cancel_reason(),
            "rpc error: code = PermissionDenied desc = etcdserver: permission denied"
        );
    });
}

#[test]
fn a_number_leads_back_to_its_code() {
    check(|| {
        for (number, code) in (0..).zip(Code::ALL) {
            assert_eq!((code.number(), Code::from_number(number)), (number, Some(code)));
        }
        assert_eq!((Code::from_number(17), Code::from_number(-1)), (None, None));
        assert_eq!(Code::Ok.to_string(), "OK");
    });
}
