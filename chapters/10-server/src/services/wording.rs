//! What is refused before a service sees it, in the words that etcd's clients know.
//!
//! Owns [`known`]: the library that reads requests has other words for these than grpc-go has, and
//! for one of them another code.

use http::Response;
use tonic::body::Body;
use tonic::{Code, Status};

/// How the library begins to say that a message is too long.
const TOO_LONG: &str = "Error, decoded message length too large: ";

/// This answer to a request of this path, or a refusal in its place.
pub fn known(response: Response<Body>, path: &str) -> Response<Body> {
    match Status::from_header_map(response.headers()).and_then(|status| reworded(&status, path)) {
        Some(status) => status.into_http(),
        None => response,
    }
}

/// A service that there is not.
pub fn no_service(path: &str) -> Status {
    let (service, _) = parts(path);
    Status::unimplemented(format!("unknown service {service}"))
}

fn reworded(status: &Status, path: &str) -> Option<Status> {
    if status.code() == Code::Unimplemented && status.message().is_empty() {
        let (service, method) = parts(path);
        let why = format!("unknown method {method} for service {service}");
        return Some(Status::unimplemented(why));
    }
    too_long(status)
}

/// What is wrong with a request of a stream.
pub fn of_stream(status: Status) -> Status {
    too_long(&status).unwrap_or(status)
}

fn too_long(status: &Status) -> Option<Status> {
    let text = status.message().strip_prefix(TOO_LONG)?;
    let mut numbers =
        text.split(|letter: char| !letter.is_ascii_digit()).filter(|it| !it.is_empty());
    let (length, longest) = (numbers.next()?, numbers.next()?);
    let why = format!("grpc: received message larger than max ({length} vs. {longest})");
    Some(Status::resource_exhausted(why))
}

/// The service of a path, and its method.
fn parts(path: &str) -> (&str, &str) {
    path.trim_start_matches('/').rsplit_once('/').unwrap_or_default()
}
