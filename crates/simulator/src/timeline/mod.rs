//! A trace as a picture, and as text for a human.
//!
//! Both leave out what nobody needs in order to follow one shipment: polls without a fault are not shown, and calls of
//! one replica to one party that follow each other are one mark.

mod lanes;
mod marks;
mod picture;
mod text;

use std::io;
use std::path::{Path, PathBuf};

use crate::judge::Finding;
use crate::trace::Step;

pub use self::picture::svg;
pub use self::text::text;

/// Writes the text and the picture as `NAME.txt` and `NAME.svg` to a folder, and returns their paths.
///
/// # Errors
/// The error of the file system.
pub fn write(folder: &Path, name: &str, steps: &[Step], finding: Option<&Finding>) -> io::Result<[PathBuf; 2]> {
    std::fs::create_dir_all(folder)?;
    let paths = [folder.join(format!("{name}.txt")), folder.join(format!("{name}.svg"))];
    std::fs::write(&paths[0], text(steps, finding))?;
    std::fs::write(&paths[1], svg(steps, finding))?;
    Ok(paths)
}
