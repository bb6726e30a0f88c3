//! A state as a file of its own: what a backup is, and what a new member gets.
//!
//! Owns [`View::image`]. It is the file as it was when the state was the newest: its metas anew,
//! and every page as it lies, free ones included. Nothing stops meanwhile; the view sees to it that
//! none of its pages is written over.
//!
//! Owns [`View::backup`], too: the image with its digest behind, as etcd's tools expect a snapshot.
//!
//! Left to others: where the bytes go.

use crate::error::Error;
use crate::files::File;
use crate::meta::Meta;
use crate::page::PageId;
use crate::pages::View;
use sha2::{Digest, Sha256};

/// So many bytes are read and handed on at once.
const PIECE: usize = 1 << 20;

impl<F: File> View<F> {
    /// How many bytes the image has.
    pub fn image_length(&self) -> u64 {
        self.meta().end.0 * self.pages().page_size() as u64
    }

    /// Hands out the image piece by piece. If `take` says false, nobody wants more.
    pub fn image(&self, mut take: impl FnMut(&[u8]) -> bool) -> Result<(), Error> {
        let meta = self.meta();
        let page_size = self.pages().page_size();
        let mut metas = Vec::with_capacity(2 * page_size);
        // As etcd's has it: the newest first, and then the same, as if of the commit before.
        for (page, commit) in [(0, meta.commit), (1, meta.commit.saturating_sub(1))] {
            metas.extend(Meta { commit, ..meta }.encode(PageId(page)));
            metas.resize(metas.len().next_multiple_of(page_size), 0);
        }
        if !take(&metas) {
            return Ok(());
        }
        let step = PIECE / page_size;
        let mut piece = vec![0; step * page_size];
        for first in (2..meta.end.0).step_by(step) {
            let count = step.min(usize::try_from(meta.end.0 - first).unwrap_or(step));
            let piece = &mut piece[..count * page_size];
            self.pages().fill(PageId(first), piece)?;
            if !take(piece) {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Hands out the image piece by piece, and then the SHA-256 of it, in 32 bytes.
    pub fn backup(&self, mut take: impl FnMut(&[u8]) -> bool) -> Result<(), Error> {
        let mut digest = Sha256::new();
        let mut wanted = true;
        self.image(|piece| {
            digest.update(piece);
            wanted = take(piece);
            wanted
        })?;
        if wanted {
            take(&digest.finalize());
        }
        Ok(())
    }
}
