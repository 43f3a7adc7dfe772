//! Parser for the expression language of templates and workflow definitions: literals, calls, members.
//!
//! <https://learn.microsoft.com/azure/azure-resource-manager/templates/template-expressions>,
//! <https://learn.microsoft.com/azure/logic-apps/expression-functions-reference>

use std::fmt;

/// An expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expression {
    /// `'text'`; a quote inside is doubled.
    Text(String),
    /// A whole number.
    Number(i64),
    /// `name`, without parentheses: `true`, `false` and `null` in workflow definitions.
    Word(String),
    /// `name(argument, …)`.
    Call(String, Vec<Expression>),
    /// `of.key`, `of['key']`, `of[0]`; optional with a question mark.
    Member {
        /// The value that has the member.
        of: Box<Expression>,
        /// Its name or index.
        key: Box<Expression>,
        /// Whether a missing member is null instead of an error.
        optional: bool,
    },
}

/// Error for text that is not an expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseError {
    text: String,
    at: usize,
    expected: &'static str,
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { text, at, expected } = self;
        write!(f, "{text}: expected {expected} at character {}", at + 1)
    }
}

impl Expression {
    /// Parses a whole text.
    ///
    /// # Errors
    ///
    /// The position of the first syntax error, and what was expected there.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        let mut reader = Reader { text, at: 0 };
        let expression = reader.expression()?;
        reader.space();
        if reader.rest().is_empty() { Ok(expression) } else { Err(reader.expected("the end")) }
    }

    /// Parses the expression at the start of a text, up to the `}` after it. Also returns the rest of the text.
    ///
    /// # Errors
    ///
    /// The position of the first syntax error, and what was expected there.
    pub fn parse_braced(text: &str) -> Result<(Self, &str), ParseError> {
        let mut reader = Reader { text, at: 0 };
        let expression = reader.expression()?;
        reader.take('}')?;
        Ok((expression, reader.rest()))
    }

    /// Calls `see` for this expression and all expressions inside it.
    pub fn walk(&self, see: &mut dyn FnMut(&Self)) {
        see(self);
        match self {
            Self::Call(_, arguments) => arguments.iter().for_each(|argument| argument.walk(see)),
            Self::Member { of, key, .. } => {
                of.walk(see);
                key.walk(see);
            }
            Self::Text(_) | Self::Number(_) | Self::Word(_) => {}
        }
    }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn expected(&self, expected: &'static str) -> ParseError {
        ParseError { text: self.text.to_owned(), at: self.at, expected }
    }

    fn space(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start().len();
    }

    fn next_is(&mut self, wanted: char) -> bool {
        self.space();
        self.rest().starts_with(wanted)
    }

    fn skip(&mut self, wanted: &str) -> bool {
        self.space();
        let found = self.rest().starts_with(wanted);
        if found {
            self.at += wanted.len();
        }
        found
    }

    fn take(&mut self, wanted: char) -> Result<(), ParseError> {
        if self.next_is(wanted) {
            self.at += wanted.len_utf8();
            return Ok(());
        }
        Err(self.expected(match wanted {
            ')' => "`)`",
            ']' => "`]`",
            '}' => "`}`",
            _ => "something else",
        }))
    }

    fn expression(&mut self) -> Result<Expression, ParseError> {
        let mut expression = self.primary()?;
        loop {
            let optional = self.skip("?");
            let key = if self.skip("[") {
                let key = self.expression()?;
                self.take(']')?;
                key
            } else if self.skip(".") {
                Expression::Text(self.name()?)
            } else if optional {
                return Err(self.expected("a member after `?`"));
            } else {
                return Ok(expression);
            };
            expression = Expression::Member { of: Box::new(expression), key: Box::new(key), optional };
        }
    }

    fn primary(&mut self) -> Result<Expression, ParseError> {
        self.space();
        if self.rest().starts_with('\'') {
            return self.text();
        }
        let digits = self.rest().len() - self.rest().trim_start_matches(|c: char| c.is_ascii_digit() || c == '-').len();
        if digits > 0 {
            let number = self.rest()[..digits].parse().map_err(|_| self.expected("a whole number"))?;
            self.at += digits;
            return Ok(Expression::Number(number));
        }
        let name = self.name()?;
        if !self.next_is('(') {
            return Ok(Expression::Word(name));
        }
        self.at += 1;
        let mut arguments = Vec::new();
        if !self.next_is(')') {
            arguments.push(self.expression()?);
            while self.skip(",") {
                arguments.push(self.expression()?);
            }
        }
        self.take(')')?;
        Ok(Expression::Call(name, arguments))
    }

    fn name(&mut self) -> Result<String, ParseError> {
        self.space();
        let rest = self.rest();
        let length = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '_').len();
        if length == 0 {
            return Err(self.expected("a name, a number or a string in single quotes"));
        }
        self.at += length;
        Ok(rest[..length].to_owned())
    }

    fn text(&mut self) -> Result<Expression, ParseError> {
        let mut found = String::new();
        let mut characters = self.rest().char_indices().skip(1).peekable();
        while let Some((at, character)) = characters.next() {
            match character {
                '\'' if characters.peek().is_some_and(|(_, next)| *next == '\'') => {
                    found.push('\'');
                    characters.next();
                }
                '\'' => {
                    self.at += at + 1;
                    return Ok(Expression::Text(found));
                }
                other => found.push(other),
            }
        }
        Err(self.expected("a closing quote"))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn parses_literals_calls_and_members() {
        let call = |name: &str, arguments| Expression::Call(name.to_owned(), arguments);
        let text = |text: &str| Expression::Text(text.to_owned());
        assert_eq!(
            Expression::parse("concat('it''s', 7)").unwrap(),
            call("concat", vec![text("it's"), Expression::Number(7)])
        );
        let member =
            |of, key: &str, optional| Expression::Member { of: Box::new(of), key: Box::new(text(key)), optional };
        assert_eq!(Expression::parse(" a( ).b ").unwrap(), member(call("a", vec![]), "b", false));
        assert_eq!(Expression::parse("a()?['b']").unwrap(), member(call("a", vec![]), "b", true));
        assert_eq!(
            Expression::parse("equals(true, null)").unwrap(),
            call("equals", vec![Expression::Word("true".to_owned()), Expression::Word("null".to_owned())])
        );
        assert_eq!(Expression::parse_braced("a()} and more").unwrap(), (call("a", vec![]), " and more"));
    }

    #[test]
    fn error_names_the_position() {
        for (text, expected) in [
            ("concat('a'", "expected `)` at character 11"),
            ("'a", "a closing quote"),
            ("a(b]", "expected `)` at character 4"),
            ("a()?", "a member after `?`"),
            ("a() b", "expected the end at character 5"),
            ("", "a name, a number or a string"),
        ] {
            let error = Expression::parse(text).unwrap_err().to_string();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }
}
