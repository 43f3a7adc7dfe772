//! Whether the data directory is a place where a database lasts.

use std::path::Path;

use crate::Error;

/// Why a file system is no place for the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unfit {
    /// It is gone with the container or the machine's next start.
    Ephemeral,
    /// Its locks do not hold between machines, and a write-ahead log needs memory that two of them do not share
    /// (<https://sqlite.org/wal.html>).
    Network,
}

/// File systems by the magic number that `statfs(2)` tells.
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

/// Refuses a directory on an ephemeral or network file system. One that cannot be told is let pass.
pub(crate) fn check(directory: &Path) -> Result<(), Error> {
    let Ok(stat) = rustix::fs::statfs(directory) else { return Ok(()) };
    // The kernel's numbers have 32 bits; the field's width and sign differ between architectures.
    #[expect(clippy::cast_sign_loss, reason = "only the lower 32 bits count")]
    let magic = stat.f_type as u64 & 0xffff_ffff;
    let Some((_, file_system, unfit)) = UNFIT.iter().find(|(number, ..)| *number == magic) else { return Ok(()) };
    Err(match unfit {
        Unfit::Ephemeral => Error::EphemeralDisk { directory: directory.to_owned(), file_system },
        Unfit::Network => Error::NetworkDisk { directory: directory.to_owned(), file_system },
    })
}
