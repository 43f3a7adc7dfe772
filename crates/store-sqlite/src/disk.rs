//! Check that the data directory is on a suitable file system.

use std::path::Path;

use crate::Error;

/// Why a file system is not suitable for the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unfit {
    /// The data is lost when the container is replaced or the machine restarts.
    Ephemeral,
    /// Locks are not reliable between machines, and a write-ahead log needs memory that machines do not share
    /// (<https://sqlite.org/wal.html>).
    Network,
}

/// Unsuitable file systems, by the magic number that `statfs(2)` returns.
const UNFIT: [(u64, &str, Unfit); 13] = [
    (0x794c_7630, "overlayfs", Unfit::Ephemeral),
    (0x0102_1994, "tmpfs", Unfit::Ephemeral),
    (0x8584_58f6, "ramfs", Unfit::Ephemeral),
    (0x6969, "NFS", Unfit::Network),
    (0xff53_4d42, "CIFS", Unfit::Network),
    (0xfe53_4d42, "SMB2", Unfit::Network),
    (0x517b, "SMB", Unfit::Network),
    (0x0102_1997, "9P", Unfit::Network),
    (0x00c3_6400, "Ceph", Unfit::Network),
    (0x5346_414f, "AFS", Unfit::Network),
    (0x0bd0_0bd0, "Lustre", Unfit::Network),
    (0x0116_1970, "GFS2", Unfit::Network),
    (0x7461_636f, "OCFS2", Unfit::Network),
];

/// Rejects a directory on an ephemeral or network file system. Accepts a directory whose file system is unknown.
pub(crate) fn check(directory: &Path) -> Result<(), Error> {
    let Ok(stat) = rustix::fs::statfs(directory) else { return Ok(()) };
    // The magic numbers have 32 bits, but width and sign of the field differ between architectures.
    #[expect(clippy::cast_sign_loss, reason = "only the lower 32 bits count")]
    let magic = stat.f_type as u64 & 0xffff_ffff;
    let Some((_, file_system, unfit)) = UNFIT.iter().find(|(number, ..)| *number == magic) else { return Ok(()) };
    Err(match unfit {
        Unfit::Ephemeral => Error::EphemeralDisk { directory: directory.to_owned(), file_system },
        Unfit::Network => Error::NetworkDisk { directory: directory.to_owned(), file_system },
    })
}
