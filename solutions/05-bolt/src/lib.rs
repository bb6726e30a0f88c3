//! # A store in BoltDB's format

mod cache;
mod changes;
mod check;
mod cursor;
mod error;
mod files;
mod freelist;
mod image;
mod meta;
mod page;
mod pages;
mod store;
mod update;
mod walk;

pub use changes::{Change, Changes, LONGEST_KEY, LONGEST_VALUE};
pub use check::Account;
pub use cursor::{Bucket, Cursor, Range};
pub use error::Error;
pub use files::{Directory, File, Folder};
pub use freelist::{Freelist, Run};
pub use meta::Meta;
pub use page::{Page, PageId};
pub use pages::{Pages, View};
pub use store::{Options, Reader, Store};
