//! Passwords, and bcrypt, which makes guessing them slow.
//!
//! Owns [`hash`] and [`matches`], which take as long as bcrypt is meant to take: a tenth of a
//! second and more. So they belong to threads that may be busy, and never to apply: a member hashes
//! before it proposes, and checks before it proposes a token. [`hide_added`] and [`hide_changed`]
//! make of a client's request the one that goes into the log, where no password is.
//!
//! bcrypt takes 72 bytes. etcd refuses longer ones when they are set, and, when they are checked,
//! looks at no more than that; so do we.

use api::{AuthUserAddRequest, AuthUserChangePasswordRequest, Error};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bcrypt::{HashParts, Version};

/// How many bytes a password may have.
const LONGEST: usize = 72;

/// How slow bcrypt is: one more takes twice as long. From 4 to 31.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cost(u32);

impl Cost {
    /// What etcd takes if nothing else is said.
    pub const USUAL: Cost = Cost(10);

    /// This cost, or nothing if bcrypt has none like it.
    pub fn new(cost: u32) -> Option<Cost> {
        (4..=31).contains(&cost).then_some(Cost(cost))
    }

    /// The number.
    pub fn get(self) -> u32 {
        self.0
    }
}

/// bcrypt's text for a password, as etcd writes it. The salt is drawn by the caller.
pub fn hash(password: &[u8], cost: Cost, salt: [u8; 16]) -> Result<String, Error> {
    if password.len() > LONGEST {
        return Err(Error::PasswordTooLong);
    }
    let parts = bcrypt::hash_with_salt(password, cost.0, salt);
    let parts = parts.expect("the cost is one that there is");
    Ok(parts.format_for_version(Version::TwoA))
}

/// Is this text the password's? Whatever is no text of bcrypt's is nobody's.
pub fn matches(password: &[u8], hash: &[u8]) -> bool {
    let text = std::str::from_utf8(hash).unwrap_or_default();
    bcrypt::verify(password, text).unwrap_or(false)
}

/// Is it a text of bcrypt's, with which checking a password takes its time?
pub(crate) fn is_hash(hash: &[u8]) -> bool {
    std::str::from_utf8(hash).is_ok_and(|text| text.parse::<HashParts>().is_ok())
}

/// A text of bcrypt's that stands for no password: to check one against it takes as long as against
/// any other of this cost.
pub(crate) fn decoy(cost: Cost) -> String {
    format!("$2a${:02}${}", cost.0, ".".repeat(53))
}

/// Hides the password of a new user. What the client says that its hash is does not count.
pub fn hide_added(
    request: &mut AuthUserAddRequest,
    cost: Cost,
    salt: [u8; 16],
) -> Result<(), Error> {
    let has_none = request.options.is_some_and(|options| options.no_password);
    request.hashed_password = match has_none {
        true => String::new(),
        false => STANDARD.encode(hash(request.password.as_bytes(), cost, salt)?),
    };
    request.password.clear();
    Ok(())
}

/// Hides a changed password. An empty one is hidden as nothing at all, and then no password is
/// right any more: so it is in etcd. What the client says that its hash is does not count.
pub fn hide_changed(
    request: &mut AuthUserChangePasswordRequest,
    cost: Cost,
    salt: [u8; 16],
) -> Result<(), Error> {
    request.hashed_password = match request.password.is_empty() {
        true => String::new(),
        false => STANDARD.encode(hash(request.password.as_bytes(), cost, salt)?),
    };
    request.password.clear();
    Ok(())
}
