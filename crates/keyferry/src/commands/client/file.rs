//! Files of orders and results.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use keyferry_http::Streaming;
use serde_json::Value;
use tempfile::NamedTempFile;

use crate::exit::Failure;
use crate::terminal::{Bar, note, out};

/// Largest file with one order, in bytes.
const LARGEST_ORDER: u64 = 1024 * 1024;

/// Where a result goes.
pub(super) enum Target {
    Stdout,
    File(PathBuf),
}

impl Target {
    pub(super) fn of(path: Option<PathBuf>) -> Self {
        match path {
            Some(path) if path != Path::new("-") => Self::File(path),
            _ => Self::Stdout,
        }
    }
}

/// Writes a result while it is received. A file appears only when it is complete.
pub(super) async fn receive(mut response: Streaming, target: Target) -> Result<(), Failure> {
    match target {
        Target::Stdout => {
            while let Some(chunk) = response.chunk().await.map_err(incomplete)? {
                out(&chunk)?;
            }
            Ok(())
        }
        Target::File(path) => {
            let failed =
                |error: std::io::Error| Failure::failed(format!("could not write {}: {error}", path.display()));
            let folder = path.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new("."));
            let mut file = NamedTempFile::new_in(folder).map_err(failed)?;
            let bar = Bar::bytes("receiving", None);
            while let Some(chunk) = response.chunk().await.map_err(incomplete)? {
                std::io::Write::write_all(&mut file, &chunk).map_err(failed)?;
                bar.add(chunk.len().try_into().unwrap_or(u64::MAX));
            }
            bar.end();
            file.persist(&path).map_err(|error| failed(error.error))?;
            note(&format!("Wrote {}.", path.display()));
            Ok(())
        }
    }
}

fn incomplete(error: keyferry_http::CallError) -> Failure {
    let mut failure = Failure::from(error);
    failure.message = format!("the result is not complete: {}", failure.message);
    failure
}

/// Reads a JSON object from a file; `-` is standard input.
pub(super) fn json_object(path: &Path) -> Result<Value, Failure> {
    let failed = |reason: String| Failure::usage(format!("{}: {reason}", path.display()));
    let mut text = String::new();
    let read = match path == Path::new("-") {
        true => std::io::stdin().take(LARGEST_ORDER).read_to_string(&mut text),
        false => std::fs::File::open(path).and_then(|file| file.take(LARGEST_ORDER).read_to_string(&mut text)),
    };
    read.map_err(|error| failed(format!("could not read it: {error}")))?;
    // The message of the parser has the line and the column, and no content.
    let value: Value = serde_json::from_str(&text)
        .map_err(|error| failed(format!("not valid JSON at line {}, column {}", error.line(), error.column())))?;
    if value.is_object() { Ok(value) } else { Err(failed("expected a JSON object".to_owned())) }
}
