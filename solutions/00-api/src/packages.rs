//! What the build makes of the files in `proto/`: a module for each package, by its name.
//!
//! Owns nothing of its own. Left to `build.rs`: how it is made.

#![allow(
    missing_docs,
    reason = "a comment in proto/ says what a name does not; `lease: i64` needs no more words"
)]
#![allow(clippy::all, reason = "nobody reads this code for its style, and nobody wrote it")]

/// The module of a package.
macro_rules! package {
    ($(#[$doc:meta])* $module:ident, $file:literal) => {
        $(#[$doc])*
        pub mod $module {
            include!(concat!(env!("OUT_DIR"), "/", $file));
        }
    };
}

package! {
    /// Users, roles and permissions, as they are stored.
    authpb, "authpb.rs"
}
package! {
    /// Requests and answers of etcd's own services.
    etcdserverpb, "etcdserverpb.rs"
}
package! {
    /// gRPC's package `grpc.health.v1`.
    health, "grpc.health.v1.rs"
}
package! {
    /// Leases, as they are stored.
    leasepb, "leasepb.rs"
}
package! {
    /// Keys with their values, as they are stored, and events.
    mvccpb, "mvccpb.rs"
}
package! {
    /// Elections among clients.
    v3electionpb, "v3electionpb.rs"
}
package! {
    /// Locks among clients.
    v3lockpb, "v3lockpb.rs"
}
