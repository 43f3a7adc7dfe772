//! Row keys, and literals in OData filters.

use aws_lc_rs::digest;

/// Returns a row key for untrusted text, which may contain characters that row keys cannot contain, or be too long.
///
/// The key is the SHA-256 of the parts in hex, each part preceded by its length.
pub(super) fn hashed(parts: &[&str]) -> String {
    let mut context = digest::Context::new(&digest::SHA256);
    for part in parts {
        context.update(&(part.len() as u64).to_be_bytes());
        context.update(part.as_bytes());
    }
    hex(context.finish().as_ref())
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Returns an OData string literal, with quotes doubled.
pub(super) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hash_depends_on_the_boundaries_of_parts() {
        assert_ne!(hashed(&["ab", "c"]), hashed(&["a", "bc"]));
        assert_eq!(hashed(&["ab", "c"]).len(), 64);
    }

    #[test]
    fn quotes_are_doubled() {
        assert_eq!(quoted("o'neil' or '1' eq '1"), "'o''neil'' or ''1'' eq ''1'");
    }
}
