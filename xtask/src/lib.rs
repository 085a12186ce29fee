//! Tasks of this repository, and the servers that its tests, benchmarks and fault injection need.
//!
//! `cargo xtask test` installs what the tests need and runs them all, `cargo xtask tidy` checks the rules of the house,
//! `cargo xtask screenshots` takes the pictures of the README, `cargo xtask bench` measures against peers, `cargo xtask chaos`
//! kills the binary at random moments, `cargo xtask attack` does to it what strangers could. The modules are a library so that the end-to-end
//! tests can start the same [`servers`].

use std::path::{Path, PathBuf};

pub mod attack;
pub mod bench;
pub mod chaos;
pub mod install;
mod process;
pub mod product;
pub mod reference;
pub mod screenshots;
pub mod servers;
pub mod test;
pub mod tidy;

/// The top folder of the checkout that cargo was called in.
///
/// Asked at run time: checkouts can share a target folder, and then this binary may have been built in another one.
pub fn workspace_root() -> PathBuf {
    let called_in =
        std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from).or_else(|| std::env::current_dir().ok());
    let start = called_in.unwrap_or_default();
    let is_top = |folder: &&Path| folder.join("xtask/Cargo.toml").is_file();
    start.ancestors().find(is_top).map_or_else(|| start.clone(), Path::to_path_buf)
}
