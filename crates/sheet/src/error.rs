//! Problems of a whole file.

/// Why a file is rejected. Each message has the position, what was expected and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The file has another format.
    #[error("The file is {found}. {remedy}")]
    WrongFormat {
        /// Format, with its article.
        found: &'static str,
        /// What to do.
        remedy: &'static str,
    },
    /// Bytes are not valid in the encoding.
    #[error(
        "Line {line} is not valid {encoding}. Save the file as \"CSV UTF-8\", or name its encoding in `encoding` of \
         the mapping."
    )]
    Encoding {
        /// Line, from 1.
        line: u64,
        /// Encoding.
        encoding: &'static str,
    },
    /// The mapping names an encoding that does not exist.
    #[error(
        "`encoding` of the mapping: {label:?} is not an encoding of the web (examples: utf-8, windows-1250, shift_jis)"
    )]
    UnknownEncoding {
        /// Name in the mapping.
        label: String,
    },
    /// The mapping has an unusable delimiter.
    #[error("`delimiter` of the mapping: expected one character such as \";\", but got {delimiter:?}")]
    Delimiter {
        /// Delimiter in the mapping.
        delimiter: String,
    },
    /// The mapping has an unusable form of dates.
    #[error(
        "`date_format` of the mapping: expected YYYY, MM and DD once each (example: DD.MM.YYYY), but got {format:?}"
    )]
    DateFormat {
        /// Form in the mapping.
        format: String,
    },
    /// The mapping names a member that orders do not have.
    #[error("`{place}` of the mapping: orders have no member {name:?}.{}", did_you_mean(.suggestion.as_deref()))]
    NoSuchMember {
        /// `columns` or `defaults`.
        place: &'static str,
        /// Name in the mapping.
        name: String,
        /// Most similar name.
        suggestion: Option<String>,
    },
    /// The mapping names a column that the file does not have.
    #[error(
        "The mapping names the column {header:?}, which the file does not have.{}",
        did_you_mean(.suggestion.as_deref())
    )]
    NoSuchColumn {
        /// Header in the mapping.
        header: String,
        /// Most similar header of the file.
        suggestion: Option<String>,
    },
    /// A default in the mapping has the wrong type.
    #[error("`defaults` of the mapping: `{member}`: {expected}")]
    InvalidDefault {
        /// Short name of the member.
        member: &'static str,
        /// What was expected.
        expected: String,
    },
    /// The file contains no row.
    #[error("The file is empty. Begin it with a header. `GET /v1/batches/template.csv` is an example.")]
    Empty,
    /// A used header occurs twice.
    #[error(
        "The header {header:?} occurs in columns {first} and {second}. Rename one of them, or map the header to null."
    )]
    RepeatedHeader {
        /// Header.
        header: String,
        /// Number of the first column, from 1.
        first: usize,
        /// Number of the second column.
        second: usize,
    },
    /// Two columns are for the same member.
    #[error(
        "The columns {first:?} and {second:?} are both for `{member}`. Name the right one in the mapping: \
         {{\"columns\": {{{first:?}: \"{member}\", {second:?}: null}}}}."
    )]
    SameMember {
        /// Short name of the member.
        member: &'static str,
        /// Header of one column.
        first: String,
        /// Header of the other column.
        second: String,
    },
    /// Required members have no column and no default.
    #[error("No column and no default for {}.{hint}", list(.members))]
    MissingColumns {
        /// Short names of the members.
        members: Vec<&'static str>,
        /// What to do. Begins with a space.
        hint: String,
    },
    /// A row is too long.
    #[error(
        "The row that begins in line {line} is longer than {limit} characters. Check the quotation marks in this line."
    )]
    RowTooLong {
        /// Line in which the row begins.
        line: u64,
        /// Limit in bytes of UTF-8.
        limit: usize,
    },
    /// The header or a row has too many cells.
    #[error("The row that begins in line {line} has more than {limit} cells. Check the delimiter.")]
    TooManyColumns {
        /// Line in which the row begins.
        line: u64,
        /// Limit.
        limit: usize,
    },
    /// The file has too many rows.
    #[error("The file has more than {limit} rows. Divide it into several files.")]
    TooManyRows {
        /// Limit.
        limit: u32,
    },
    /// A quoted cell does not end.
    #[error(
        "The quotation mark that opens a cell in line {line} is not closed. All following lines would be part of this \
         cell. Close it, or remove it."
    )]
    OpenQuote {
        /// Line of the quotation mark.
        line: u64,
    },
    /// A quoted cell ends in the middle of a later line.
    #[error(
        "The cell that a quotation mark opens in line {opened} ends in the middle of line {line}. A quotation mark is \
         missing or superfluous in these lines, so that rows cannot be told apart. Correct the quotation marks."
    )]
    StrayQuote {
        /// Line of the opening quotation mark.
        opened: u64,
        /// Line of the stray quotation mark.
        line: u64,
    },
}

impl Error {
    /// Returns the code, for programs, for example `missing-columns`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::WrongFormat { .. } => "wrong-format",
            Self::Encoding { .. } => "invalid-encoding",
            Self::UnknownEncoding { .. }
            | Self::Delimiter { .. }
            | Self::DateFormat { .. }
            | Self::NoSuchMember { .. }
            | Self::NoSuchColumn { .. }
            | Self::InvalidDefault { .. } => "invalid-mapping",
            Self::Empty => "empty-file",
            Self::RepeatedHeader { .. } => "repeated-header",
            Self::SameMember { .. } => "same-member",
            Self::MissingColumns { .. } => "missing-columns",
            Self::RowTooLong { .. } => "row-too-long",
            Self::TooManyColumns { .. } => "too-many-columns",
            Self::TooManyRows { .. } => "too-many-rows",
            Self::OpenQuote { .. } | Self::StrayQuote { .. } => "stray-quote",
        }
    }
}

fn did_you_mean(suggestion: Option<&str>) -> String {
    suggestion.map(|name| format!(" Did you mean {name:?}?")).unwrap_or_default()
}

fn list(members: &[&str]) -> String {
    members.iter().map(|member| format!("`{member}`")).collect::<Vec<_>>().join(", ")
}
