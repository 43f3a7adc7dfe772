//! Keys and filters in OData's notation.

use aws_lc_rs::digest;

/// A row key for text from outside, which may hold what row keys may not and be longer than they may be: SHA-256, hex, over the parts, each
/// with its length before it.
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

/// A string constant, its quotes doubled.
pub(super) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_do_not_run_into_each_other() {
        assert_ne!(hashed(&["ab", "c"]), hashed(&["a", "bc"]));
        assert_eq!(hashed(&["ab", "c"]).len(), 64);
    }

    #[test]
    fn quotes_are_doubled() {
        assert_eq!(quoted("o'neil' or '1' eq '1"), "'o''neil'' or ''1'' eq ''1'");
    }
}
