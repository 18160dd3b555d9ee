//! What the machine gives us: open files, room on a disk. It asks the system and judges nothing.

use nix::sys::resource::{Resource, getrlimit};
use nix::sys::statvfs::statvfs;
use std::io;
use std::path::Path;

/// Files and sockets that this process may have open, now and at most.
pub fn open_files() -> io::Result<(u64, u64)> {
    Ok(getrlimit(Resource::RLIMIT_NOFILE)?)
}

/// Bytes that this user may still write where `path` lies.
pub fn room(path: &Path) -> io::Result<u64> {
    let stat = statvfs(path)?;
    Ok(stat.blocks_available() as u64 * stat.fragment_size() as u64)
}
