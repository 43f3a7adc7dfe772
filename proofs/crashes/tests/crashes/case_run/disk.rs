use std::path::{Path, PathBuf};
use std::process::Command;

use crate::child::FILLING;

/// Small file system that can be filled. Unmounted when dropped.
pub(crate) struct SmallDisk(PathBuf);

impl SmallDisk {
    /// Returns `None` if this process may not mount a file system.
    pub(crate) fn mount(at: &Path) -> Option<Self> {
        std::fs::create_dir_all(at).unwrap();
        let options = ["-t", "tmpfs", "-o", "size=24m,mode=700", "none"];
        let mount = Command::new("mount").args(options).arg(at).output();
        mount.is_ok_and(|output| output.status.success()).then(|| Self(at.to_owned()))
    }

    /// Removes what fills it.
    pub(crate) fn free(&self) {
        drop(std::fs::remove_file(self.0.join(FILLING)));
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        drop(Command::new("umount").arg("--lazy").arg(&self.0).status());
    }
}
