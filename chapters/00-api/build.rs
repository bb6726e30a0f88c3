//! Makes Rust of the files in `proto/`, with no other program than this one.
//!
//! Owns how fields become Rust: bytes that share the buffer they came in, maps in order, names that
//! can be read. It leaves the descriptors of all messages beside the code: the JSON is read off
//! them, and tests compare them with what etcd has.

use std::error::Error;
use std::fs;
use std::path::PathBuf;

/// Everything in `proto/`.
const FILES: &[&str] = &[
    "authpb.proto",
    "etcdserverpb/auth.proto",
    "etcdserverpb/cluster.proto",
    "etcdserverpb/header.proto",
    "etcdserverpb/kv.proto",
    "etcdserverpb/lease.proto",
    "etcdserverpb/maintenance.proto",
    "etcdserverpb/watch.proto",
    "health.proto",
    "leasepb.proto",
    "mvccpb.proto",
    "v3electionpb.proto",
    "v3lockpb.proto",
];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=proto");
    let out = PathBuf::from(std::env::var_os("OUT_DIR").ok_or("cargo names no OUT_DIR")?);
    let mut compiler = protox::Compiler::new(["proto"])?;
    compiler.open_files(FILES)?;
    fs::write(out.join("descriptors.bin"), compiler.encode_file_descriptor_set())?;

    // Comments become documentation.
    let mut files = compiler.include_source_info(true).file_descriptor_set();
    for message in files.file.iter_mut().flat_map(|file| &mut file.message_type) {
        for field in &mut message.field {
            // `peerURLs` would be `peer_ur_ls`. Only numbers travel, so the name may change.
            if let Some(start) = field.name().strip_suffix("URLs") {
                field.name = Some(format!("{start}_urls"));
            }
        }
    }
    let mut config = prost_build::Config::new();
    config.bytes(["."]).btree_map(["."]);
    #[cfg(feature = "json")]
    config.enable_type_names();
    #[cfg(feature = "services")]
    config.service_generator(
        // Who connects, and how, is up to those that do.
        tonic_prost_build::configure().build_transport(false).service_generator(),
    );
    config.compile_fds(files)?;
    Ok(())
}
