//! Users and roles as lists, and permissions by asking every grant about every key.

use api::permission::Type;
use api::{Error, Permission};
use auth::{Access, Request};
use std::collections::{BTreeMap, BTreeSet};

/// All keys of a small world: short ones of three letters, and one after all of them.
pub fn world() -> Vec<Vec<u8>> {
    let letters = [0, b'a', b'b'];
    let mut keys: Vec<Vec<u8>> = letters.map(|letter| vec![letter]).to_vec();
    for at in 0..12 {
        let longer = letters.map(|letter| [&keys[at][..], &[letter]].concat());
        keys.extend(longer);
    }
    keys.push(vec![0xff; 4]);
    keys
}

/// Is the key in this range?
pub fn is_in(key: &[u8], from: &[u8], end: &[u8]) -> bool {
    match end {
        [] => key == from,
        [0] => from <= key,
        _ => from <= key && key < end,
    }
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct NaiveUser {
    pub hash: String,
    pub has_password: bool,
    pub roles: BTreeSet<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Naive {
    pub enabled: bool,
    pub revision: u64,
    pub users: BTreeMap<String, NaiveUser>,
    pub roles: BTreeMap<String, Vec<Permission>>,
}

/// What is told of an answer: a list of texts.
pub type Told = Result<Vec<String>, Error>;

fn error_if(wrong: bool, error: Error) -> Result<(), Error> {
    if wrong { Err(error) } else { Ok(()) }
}

fn told(permission: &Permission) -> String {
    format!("{} {:?} {:?}", permission.perm_type, &permission.key[..], &permission.range_end[..])
}

impl Naive {
    pub fn new() -> Naive {
        Naive { enabled: false, revision: 1, users: BTreeMap::new(), roles: BTreeMap::new() }
    }

    fn is_root(&self, name: &str) -> bool {
        self.users.get(name).is_some_and(|user| user.roles.contains("root"))
    }

    fn check_root(&self, asker: &str) -> Result<(), Error> {
        if self.enabled {
            error_if(asker.is_empty(), Error::UserEmpty)?;
            error_if(!self.users.contains_key(asker), Error::UserNotFound)?;
            error_if(!self.is_root(asker), Error::PermissionDenied)?;
        }
        Ok(())
    }

    /// May this user do this with all keys from one to another?
    pub fn may(&self, asker: &str, access: Access, from: &[u8], end: &[u8]) -> Result<(), Error> {
        if !self.enabled || self.is_root(asker) {
            return Ok(());
        }
        error_if(asker.is_empty(), Error::UserEmpty)?;
        let user = self.users.get(asker).ok_or(Error::PermissionDenied)?;
        let grants = |permission: &&Permission| {
            let kind = Type::try_from(permission.perm_type).expect("no other is drawn");
            kind == Type::Readwrite || (kind == Type::Read) == (access == Access::Read)
        };
        let roles = user.roles.iter().filter_map(|role| self.roles.get(role)).flatten();
        let granted: Vec<&Permission> = roles.filter(grants).collect();
        let is_granted =
            |key: &Vec<u8>| granted.iter().any(|held| is_in(key, &held.key, &held.range_end));
        let all = world().iter().filter(|key| is_in(key, from, end)).all(is_granted);
        error_if(!all, Error::PermissionDenied)
    }

    fn count(&mut self) -> Told {
        self.revision += 1;
        Ok(Vec::new())
    }

    pub fn apply(&mut self, asker: &str, request: &Request) -> Told {
        let own = match request {
            Request::Status => true,
            Request::UserGet(request) => request.name == asker,
            Request::RoleGet(request) => {
                self.users.get(asker).is_some_and(|user| user.roles.contains(&request.role))
            }
            _ => false,
        };
        if !own {
            self.check_root(asker)?;
        }
        let enabled = self.enabled;
        match request {
            Request::Enable => {
                if !enabled {
                    error_if(!self.users.contains_key("root"), Error::RootUserNotExist)?;
                    error_if(!self.is_root("root"), Error::RootRoleNotExist)?;
                    self.enabled = true;
                }
                Ok(Vec::new())
            }
            Request::Disable if !enabled => Ok(Vec::new()),
            Request::Disable => {
                self.enabled = false;
                self.count()
            }
            Request::Status => Ok(vec![enabled.to_string(), self.revision.to_string()]),
            Request::UserList => Ok(self.users.keys().cloned().collect()),
            Request::RoleList => Ok(self.roles.keys().cloned().collect()),
            Request::Authenticate(_) => unreachable!("it is not drawn"),
            _ if request.call().to_string().starts_with("User") => self.of_users(request),
            _ => self.of_roles(request),
        }
    }

    fn of_users(&mut self, request: &Request) -> Told {
        let enabled = self.enabled;
        let unknown = Error::UserNotFound;
        match request {
            Request::UserAdd(request) => {
                error_if(request.name.is_empty(), Error::UserEmpty)?;
                error_if(self.users.contains_key(&request.name), Error::UserAlreadyExist)?;
                let has_password = !request.options.is_some_and(|options| options.no_password);
                let hash =
                    if has_password { request.hashed_password.clone() } else { String::new() };
                let user = NaiveUser { hash, has_password, roles: BTreeSet::new() };
                self.users.insert(request.name.clone(), user);
                self.count()
            }
            Request::UserDelete(request) => {
                error_if(enabled && request.name == "root", Error::InvalidAuthMgmt)?;
                self.users.remove(&request.name).ok_or(unknown)?;
                self.count()
            }
            Request::UserChangePassword(request) => {
                let user = self.users.get_mut(&request.name).ok_or(unknown)?;
                if user.has_password {
                    user.hash = request.hashed_password.clone();
                }
                self.count()
            }
            Request::UserGet(request) => {
                let user = self.users.get(&request.name).ok_or(unknown)?;
                Ok(user.roles.iter().cloned().collect())
            }
            Request::UserGrantRole(request) => {
                let known = request.role == "root" || self.roles.contains_key(&request.role);
                let user = self.users.get_mut(&request.user).ok_or(unknown)?;
                error_if(!known, Error::RoleNotFound)?;
                if user.roles.insert(request.role.clone()) { self.count() } else { Ok(Vec::new()) }
            }
            Request::UserRevokeRole(request) => {
                let both = request.name == "root" && request.role == "root";
                error_if(enabled && both, Error::InvalidAuthMgmt)?;
                let user = self.users.get_mut(&request.name).ok_or(unknown)?;
                error_if(!user.roles.remove(&request.role), Error::RoleNotGranted)?;
                self.count()
            }
            other => unreachable!("{other:?} is of no users"),
        }
    }

    fn of_roles(&mut self, request: &Request) -> Told {
        let unknown = Error::RoleNotFound;
        match request {
            Request::RoleAdd(request) => {
                error_if(request.name.is_empty(), Error::RoleEmpty)?;
                error_if(self.roles.contains_key(&request.name), Error::RoleAlreadyExist)?;
                self.roles.insert(request.name.clone(), Vec::new());
                self.count()
            }
            Request::RoleDelete(request) => {
                error_if(self.enabled && request.role == "root", Error::InvalidAuthMgmt)?;
                self.roles.remove(&request.role).ok_or(unknown)?;
                for user in self.users.values_mut() {
                    user.roles.remove(&request.role);
                }
                self.count()
            }
            Request::RoleGet(request) => {
                let role = self.roles.get(&request.role).ok_or(unknown)?;
                if request.role == "root" {
                    return Ok(vec![format!("2 {:?} {:?}", b"".to_vec(), b"\0".to_vec())]);
                }
                Ok(role.iter().map(told).collect())
            }
            Request::RoleGrantPermission(request) => {
                let perm = request.perm.clone().ok_or(Error::PermissionNotGiven)?;
                let has_end = !matches!(&perm.range_end[..], [] | [0]);
                let wrong = perm.key.is_empty() || (has_end && perm.range_end <= perm.key);
                error_if(wrong, Error::InvalidAuthMgmt)?;
                let role = self.roles.get_mut(&request.name).ok_or(unknown)?;
                let same = |held: &&mut Permission| {
                    held.key == perm.key && held.range_end == perm.range_end
                };
                match role.iter_mut().find(same) {
                    Some(held) => held.perm_type = perm.perm_type,
                    None => {
                        role.push(perm);
                        role.sort_by(|one, other| one.key.cmp(&other.key));
                    }
                }
                self.count()
            }
            Request::RoleRevokePermission(request) => {
                let role = self.roles.get_mut(&request.role).ok_or(unknown)?;
                let before = role.len();
                role.retain(|p| p.key != request.key || p.range_end != request.range_end);
                error_if(role.len() == before, Error::PermissionNotGranted)?;
                self.count()
            }
            other => unreachable!("{other:?} is of no roles"),
        }
    }
}
