//! Parses one source file: what it declares and what it imports.

use std::ops::Range;

use super::lex::{Token, tokens};

/// One name that a `use` imports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Import {
    /// The inline module, below the file's own, that contains it.
    pub(crate) inside: Vec<String>,
    /// The segments of its path. The last one is `*` for a whole module.
    pub(crate) path: Vec<String>,
    /// The local name.
    pub(crate) name: String,
    /// Whether it is re-exported: `pub use`, also `pub(crate)`.
    pub(crate) public: bool,
}

/// A parsed source file. Items under `#[cfg(test)]` are left out.
#[derive(Debug, Default)]
pub(crate) struct Source {
    /// Modules in other files: the inline modules around the declaration, its name, and the file if a `path` attribute
    /// names it.
    pub(crate) modules: Vec<(Vec<String>, String, Option<String>)>,
    /// Inline modules.
    pub(crate) inline: Vec<Vec<String>>,
    /// Functions, types, traits, constants and macros: the containing inline module and the name.
    pub(crate) definitions: Vec<(Vec<String>, String)>,
    pub(crate) imports: Vec<Import>,
    /// The byte ranges of items under `#[cfg(test)]`.
    tests: Vec<Range<usize>>,
}

const DEFINING: [&str; 9] = ["fn", "struct", "enum", "trait", "type", "const", "static", "union", "macro_rules"];

impl Source {
    pub(crate) fn parse(text: &str) -> Self {
        let tokens = tokens(text);
        let mut source = Self::default();
        source.block(&tokens, 0, &mut Vec::new(), true);
        source
    }

    /// Returns the text without items under `#[cfg(test)]`.
    pub(crate) fn without_tests(&self, text: &str) -> String {
        let mut left = String::new();
        let mut at = 0;
        for range in &self.tests {
            left.push_str(&text[at..range.start]);
            at = range.end;
        }
        left.push_str(&text[at..]);
        left
    }

    /// Reads up to the brace that closes the block. Returns the index after it.
    ///
    /// `outside` is false in the body of an item, whose definitions are not visible elsewhere.
    fn block(&mut self, tokens: &[Token<'_>], mut at: usize, inside: &mut Vec<String>, outside: bool) -> usize {
        let mut path_attribute = None;
        while let Some(token) = tokens.get(at) {
            let next = tokens.get(at + 1);
            match token.text {
                "}" => return at + 1,
                "#" if next.is_some_and(|next| next.text == "[") => {
                    let end = closing(tokens, at + 1);
                    let attribute = &tokens[at + 2..end.saturating_sub(1)];
                    if for_tests(attribute) {
                        let after = item_end(tokens, end);
                        let last = tokens[after - 1].end();
                        self.tests.push(token.at..last);
                        at = after;
                    } else {
                        if let [name, _, value] = attribute
                            && name.text == "path"
                        {
                            path_attribute = Some(value.text.trim_matches('"').to_owned());
                        }
                        at = end;
                    }
                }
                "mod" if next.is_some_and(Token::is_name) => {
                    let name = tokens[at + 1].text.to_owned();
                    let opened = tokens.get(at + 2).is_some_and(|opening| opening.text == "{");
                    at += 3;
                    if opened {
                        inside.push(name);
                        self.inline.push(inside.clone());
                        at = self.block(tokens, at, inside, outside);
                        inside.pop();
                    } else {
                        self.modules.push((inside.clone(), name, path_attribute.take()));
                    }
                }
                // Excludes `use<'a>`, which captures a lifetime.
                "use" if next.is_some_and(|next| next.text != "<") => {
                    let public = at > 0 && (tokens[at - 1].text == "pub" || tokens[at - 1].text == ")");
                    at = self.tree(tokens, at + 1, &[], inside, public);
                }
                "{" => at = self.block(tokens, at + 1, inside, false),
                word if outside && DEFINING.contains(&word) => {
                    // In `const fn`, `macro_rules!` and `static mut`, the name is the first word that is not a keyword.
                    let name = tokens[at + 1..].iter().find(|token| token.is_name() && !KEYWORDS.contains(&token.text));
                    self.definitions.extend(name.map(|name| (inside.clone(), name.text.to_owned())));
                    at += 1;
                }
                _ => at += 1,
            }
        }
        at
    }

    /// Reads one branch of a `use`. Returns the index after it.
    fn tree(
        &mut self,
        tokens: &[Token<'_>],
        mut at: usize,
        before: &[String],
        inside: &[String],
        public: bool,
    ) -> usize {
        let mut path = before.to_vec();
        let mut renamed = None;
        let mut group = false;
        while let Some(token) = tokens.get(at) {
            match token.text {
                "{" => {
                    group = true;
                    at += 1;
                    while tokens.get(at).is_some_and(|token| token.text != "}") {
                        at = self.tree(tokens, at, &path, inside, public);
                        at += usize::from(tokens.get(at).is_some_and(|token| token.text == ","));
                    }
                    at += 1;
                }
                "," | ";" | "}" => break,
                "as" => {
                    renamed = tokens.get(at + 1).map(|name| name.text.to_owned());
                    at += 2;
                }
                "::" => at += 1,
                "self" if !path.is_empty() => at += 1,
                segment => {
                    path.push(segment.to_owned());
                    at += 1;
                }
            }
        }
        if !group && let Some(last) = path.last() {
            let name = renamed.unwrap_or_else(|| last.clone());
            self.imports.push(Import { inside: inside.to_vec(), path, name, public });
        }
        at
    }
}

const KEYWORDS: [&str; 6] = ["fn", "mut", "unsafe", "async", "extern", "const"];

/// Returns whether an attribute is a `cfg` for tests only.
fn for_tests(attribute: &[Token<'_>]) -> bool {
    let has = |text| attribute.iter().any(|token| token.text == text);
    attribute.first().is_some_and(|first| first.text == "cfg") && has("test") && !has("not")
}

/// Returns the index after the bracket that closes the one at `at`.
fn closing(tokens: &[Token<'_>], mut at: usize) -> usize {
    let mut depth = 0_usize;
    while let Some(token) = tokens.get(at) {
        at += 1;
        match token.text {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            break;
        }
    }
    at
}

/// Returns the index after an item: after its semicolon or closing brace. A `use` continues after its braces.
fn item_end(tokens: &[Token<'_>], mut at: usize) -> usize {
    let import = tokens[at..].iter().find(|token| ["use", "{", ";"].contains(&token.text));
    let import = import.is_some_and(|token| token.text == "use");
    while let Some(token) = tokens.get(at) {
        match token.text {
            ";" | "," => return at + 1,
            // The end of the enclosing block.
            "}" => return at,
            "{" if !import => return closing(tokens, at),
            "(" | "[" | "{" => at = closing(tokens, at),
            _ => at += 1,
        }
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    fn imports(text: &str) -> Vec<String> {
        let show = |import: Import| {
            format!("{}{} as {}", if import.public { "pub " } else { "" }, import.path.join("::"), import.name)
        };
        Source::parse(text).imports.into_iter().map(show).collect()
    }

    #[test]
    fn expands_groups() {
        assert_eq!(
            imports("use crate::{a, b::{self, C, deep::*}, d as e};\npub(crate) use child::Item;"),
            [
                "crate::a as a",
                "crate::b as b",
                "crate::b::C as C",
                "crate::b::deep::* as *",
                "crate::d as e",
                "pub child::Item as Item"
            ]
        );
    }

    #[test]
    fn finds_imports_in_bodies_but_not_in_strings() {
        assert_eq!(imports("fn f() -> impl A + use<'_> { use super::b; \"use crate::c;\" }"), ["super::b as b"]);
    }

    #[test]
    fn leaves_out_items_for_tests() {
        let text = "#[cfg(test)]\nuse crate::{a};\nuse crate::b;\n#[cfg(test)]\nmod tests { use crate::c; }\n\
            #[cfg(all(test, unix))]\nmod more;\n#[cfg(not(test))]\nmod kept;\n";
        assert_eq!(imports(text), ["crate::b as b"]);
        let source = Source::parse(text);
        assert_eq!(source.modules, [(vec![], "kept".to_owned(), None)]);
        assert!(!source.without_tests(text).contains("crate::c"));
        assert!(source.without_tests(text).contains("crate::b"));
    }

    #[test]
    fn finds_definitions_and_modules() {
        let source = Source::parse(
            "pub const fn a() { fn hidden() {} }\npub(crate) struct B;\nmod c { pub enum D {} }\n\
             #[path = \"x.rs\"]\nmod e;\nmacro_rules! f { () => {} }",
        );
        let names: Vec<_> = source.definitions.iter().map(|(inside, name)| format!("{inside:?} {name}")).collect();
        assert_eq!(names, ["[] a", "[] a", "[] B", "[\"c\"] D", "[] f"]);
        assert_eq!(source.inline, [["c"]]);
        assert_eq!(source.modules, [(vec![], "e".to_owned(), Some("x.rs".to_owned()))]);
    }
}
