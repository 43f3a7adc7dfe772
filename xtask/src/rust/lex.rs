//! Splits a source file into tokens. Comments are left out; a string or character literal is one token.

/// A token: neither comment nor white space.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Token<'a> {
    /// An identifier, a number, one punctuation character, `::`, or a whole literal with its quotes.
    pub(crate) text: &'a str,
    /// Start, as a byte offset.
    pub(crate) at: usize,
}

impl Token<'_> {
    /// Returns the end, as a byte offset.
    pub(crate) fn end(&self) -> usize {
        self.at + self.text.len()
    }

    /// Returns whether it is an identifier or a keyword.
    pub(crate) fn is_name(&self) -> bool {
        self.text.starts_with(|first: char| first.is_alphabetic() || first == '_') && !self.text.contains(['"', '\''])
    }
}

pub(crate) fn tokens(source: &str) -> Vec<Token<'_>> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(first) = source[at..].chars().next() {
        let rest = &source[at..];
        let length = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            block_comment(rest)
        } else if first.is_whitespace() {
            first.len_utf8()
        } else {
            let length = token(rest, first);
            found.push(Token { text: &rest[..length], at });
            length
        };
        at += length;
    }
    found
}

/// Returns the length of the first token of a text, in bytes.
fn token(rest: &str, first: char) -> usize {
    if rest.starts_with("::") {
        return 2;
    }
    let prefix = rest.len() - rest.trim_start_matches(['b', 'c', 'r']).len();
    let quoted = rest[prefix..].trim_start_matches('#');
    if prefix <= 2 && quoted.starts_with('"') {
        let hashes = rest.len() - prefix - quoted.len();
        if rest[..prefix].contains('r') {
            return raw_text(rest, prefix + hashes, hashes);
        }
        if hashes == 0 {
            return prefix + escaped(&rest[prefix..], '"');
        }
    }
    if first == '\'' {
        return character_or_lifetime(rest);
    }
    if first.is_alphanumeric() || first == '_' {
        return rest.find(|next: char| !next.is_alphanumeric() && next != '_').unwrap_or(rest.len());
    }
    first.len_utf8()
}

/// Returns the length of a block comment. Comments nest.
fn block_comment(rest: &str) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while at < rest.len() {
        if rest[at..].starts_with("/*") {
            depth += 1;
            at += 2;
        } else if rest[at..].starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += rest[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    rest.len()
}

fn raw_text(rest: &str, quote: usize, hashes: usize) -> usize {
    let end = format!("\"{}", "#".repeat(hashes));
    rest[quote + 1..].find(&end).map_or(rest.len(), |found| quote + 1 + found + end.len())
}

/// Returns the length of a literal between two quotes, with backslash escapes.
fn escaped(rest: &str, quote: char) -> usize {
    let mut characters = rest.char_indices().skip(1);
    while let Some((at, character)) = characters.next() {
        if character == '\\' {
            characters.next();
        } else if character == quote {
            return at + 1;
        }
    }
    rest.len()
}

fn character_or_lifetime(rest: &str) -> usize {
    let mut inside = rest[1..].chars();
    let first = inside.next();
    if first == Some('\\') || inside.next() == Some('\'') {
        return escaped(rest, '\'');
    }
    let name = rest[1..].find(|next: char| !next.is_alphanumeric() && next != '_').unwrap_or(rest.len() - 1);
    1 + name
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(source: &str) -> Vec<&str> {
        tokens(source).into_iter().map(|token| token.text).collect()
    }

    #[test]
    fn leaves_out_comments() {
        assert_eq!(texts("a /* use b; /* deep */ */ c // use d\n:: e"), ["a", "c", "::", "e"]);
    }

    #[test]
    fn reads_a_literal_as_one_token() {
        let source = r####"b"use a; \" //" r#"mod "b" {"# '"' '\'' b'{' 'x 1_000u64"####;
        assert_eq!(
            texts(source),
            [r#"b"use a; \" //""#, r###"r#"mod "b" {"#"###, r#"'"'"#, r"'\''", "b", "'{'", "'x", "1_000u64"]
        );
    }
}
