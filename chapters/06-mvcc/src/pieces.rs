//! A range in pieces.
//!
//! Owns [`Pieces`], for answers that are too long to be held at once. Each piece is as long as it
//! should be, about: if one was too short, the next has twice as many pairs, and if it was too
//! long, half as many. All together they are the answer of one range.
//!
//! Left to others: whether the request can be (`checks`), and which of its wishes a stream grants.

use crate::error::Error;
use crate::range::{header, range};
use crate::view::View;
use api::range_request::SortTarget;
use api::{RangeRequest, RangeResponse, Revision};
use bolt::File;
use bytes::Bytes;
use prost::Message;

/// How many pairs the first piece has.
const FIRST: i64 = 10;

/// An answer in pieces. The view stays until the last of them.
pub struct Pieces<F: File> {
    view: View<F>,
    /// The revision that is read.
    at: Revision,
    /// What is still to come; none after the last piece.
    rest: Option<RangeRequest>,
    /// How many pairs the whole answer may have; none for all.
    left: Option<i64>,
    /// How many the next piece has.
    step: i64,
    /// How many bytes a piece should have.
    bytes: usize,
    /// How many keys the whole range has.
    count: i64,
}

impl<F: File> Pieces<F> {
    /// The answer of a range, in pieces of about so many bytes. It is read at one revision.
    pub fn new(view: View<F>, request: &RangeRequest, bytes: usize) -> Result<Pieces<F>, Error> {
        let at = view.at(request.revision)?;
        let counted = RangeRequest { count_only: true, ..request.clone() };
        let count = view.range(&counted)?.count;
        // The keys come in order, whatever they are to be sorted by.
        let rest = Some(RangeRequest { sort_target: SortTarget::Key as i32, ..request.clone() });
        let left = Some(request.limit).filter(|limit| *limit > 0);
        Ok(Pieces { view, at, rest, left, step: FIRST, bytes, count })
    }

    fn piece(&mut self, mut request: RangeRequest) -> Result<RangeResponse, Error> {
        let limit = self.left.map_or(self.step, |left| left.min(self.step));
        request.limit = limit;
        let mut response = range(self.view.rows(), self.view.shared(), self.at, &request, false)?;
        self.left = self.left.map(|left| left - limit);
        let is_last = request.count_only || !response.more || self.left == Some(0);
        if is_last {
            response.header = Some(header(self.view.current()));
            response.count = self.count;
            return Ok(response);
        }
        let last = response.kvs.last().expect("there is more, so there is one");
        // The first key that could come after it.
        request.key = Bytes::from([&last.key[..], &[0]].concat());
        self.rest = Some(request);
        response = RangeResponse { kvs: response.kvs, ..RangeResponse::default() };
        let length = response.encoded_len();
        if length < self.bytes / 2 {
            self.step = self.step.saturating_mul(2);
        } else if length > 2 * self.bytes {
            self.step = (self.step / 2).max(1);
        }
        Ok(response)
    }
}

impl<F: File> Iterator for Pieces<F> {
    type Item = Result<RangeResponse, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        let request = self.rest.take()?;
        Some(self.piece(request))
    }
}
