//! # Users, roles and permissions
//!
//! Who may read and write which keys. It promises this:
//!
//! - **Every request is checked against one state**: users, roles and permissions as they were
//!   after some entry, and never half of a change.
//! - **Whatever is not granted is refused**, for every key that a request names, whichever way it
//!   goes, and also where it finds nothing.
//! - **Members agree.** What an entry does to users and roles depends on the entry and the state
//!   alone.
//!
//! ## A user has roles, a role has ranges
//!
//! ```text
//!   user u ── role reader ── read       /public/ .. /public0
//!         └── role team   ── readwrite  /team/a/ .. /team/a0
//!                         └─ write      /team/log
//! ```
//!
//! What `u` may do is the union of all that. It is merged when it changes, into two sets of keys,
//! one to read and one to write: so a range that needs two grants together is found in one step,
//! and so is one that is not granted in the middle. Root needs no grants: whoever has the role
//! `root` may do everything, and only they may change users and roles.
//!
//! ## A value that is swapped
//!
//! All of it is one value, [`Auth`], that nobody changes. Applying an entry makes the next one, and
//! the server puts it in its place; a thread that checks a request holds the one that there was,
//! and needs no lock. Beside it stand the rows to write, so that a start finds the same
//! ([`Auth::apply`], [`Auth::load`]).
//!
//! ## Proof is slow, so it is shown once
//!
//! A password is checked with bcrypt, which takes a tenth of a second so that nobody can try
//! millions. No request should pay that, and apply even less. So a client logs in once and gets a
//! token. There are two kinds. A simple one is drawn, and members remember it ([`Tokens`]): it can
//! be taken back, and is lost by a restart. A signed one, a JWT, is remembered by nobody ([`Jwt`]):
//! any member knows it, and it cannot be taken back. What makes up for it is a number. Each change
//! of users and roles counts; a token names the count at which it was made, and an older one opens
//! no key.
//!
//! A connection's certificate may stand for a token: its common name is the user.
//!
//! ```text
//!   password ─ bcrypt, on a thread that may be busy ─▶ entry ─▶ token
//!   token or certificate ─ identify ─▶ Asker ─ check ─▶ the request, or a refusal
//! ```
//!
//! ## Shape
//!
//! [`Auth`] is in `state`. `check` has the three questions that there are, `needs` the table of
//! what every call needs, `requests` the requests that name keys. `apply` carries out what changes
//! users and roles, with `users`, `roles` and `change`; `rows` stores it. `login` and [`password`]
//! are before the log, `tokens`, `jwt`, `key` and `method` are tokens, `options` says which.
//! [`Ranges`] is the set of keys, and [`Record`] what there is to tell of it.
//!
//! ## Left out on purpose
//!
//! Clocks, locks and threads: whoever calls lends the time, and a number that nobody can guess.
//! Which header of a request has the token, and whether a certificate is good, which are the
//! server's. And ES512, a curve that the library for signatures does not have.

mod apply;
mod asker;
mod change;
mod check;
mod der;
mod duration;
mod error;
mod identify;
mod jwt;
mod key;
mod login;
mod method;
mod needs;
mod options;
pub mod password;
mod ranges;
mod record;
mod request;
mod requests;
mod roles;
mod rows;
mod state;
mod tokens;
mod users;

pub use apply::Outcome;
pub use asker::{Asker, AuthRevision};
pub use error::Error;
pub use identify::Credentials;
pub use jwt::Jwt;
pub use login::Login;
pub use method::Method;
pub use needs::{Call, Need};
pub use options::{JwtOptions, Options};
pub use ranges::Ranges;
pub use record::Record;
pub use request::{LogIn, Request, Response};
pub use requests::LeaseKeys;
pub use rows::{AUTH, ROLES, Row, USERS};
pub use state::{Access, Auth, ROOT};
pub use tokens::{Letters, Token, TokenChange, Tokens};
pub use users::LONGEST;
