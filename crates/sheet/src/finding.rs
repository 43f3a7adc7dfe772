//! Findings about a row.

use crate::member::Member;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The row can be ordered. Look at it first.
    Warning,
    /// The row cannot be ordered as it is.
    Error,
}

impl Severity {
    /// Returns `error` or `warning`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

macro_rules! codes {
    ($($variant:ident $severity:ident $code:literal $meaning:literal $remedy:literal)*) => {
        /// Kind of a finding about a row.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Code {
            $(#[doc = $meaning] $variant,)*
        }

        impl Code {
            /// All kinds, in the order of the reference page.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// Returns the code, for example `missing-value`.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $code,)* }
            }

            /// Returns how bad such a finding is.
            pub fn severity(self) -> Severity {
                match self { $(Self::$variant => Severity::$severity,)* }
            }

            /// Returns what such a finding means, for the reference page.
            pub fn meaning(self) -> &'static str {
                match self { $(Self::$variant => $meaning,)* }
            }

            /// Returns what to do.
            pub fn remedy(self) -> &'static str {
                match self { $(Self::$variant => $remedy,)* }
            }
        }
    };
}

codes! {
    MissingValue Error "missing-value"
        "A required cell is empty, and the mapping has no default for it."
        "Fill the cell, or add a default to the mapping."
    PartialAddress Error "partial-address"
        "The row has a part of an address. The rest comes neither from the directory nor from the person, because it \
         may belong to another address."
        "Fill all cells of the address, or none of them: then the whole address is from the directory or the person."
    InvalidNumber Error "invalid-number"
        "A cell must contain a whole number."
        "Write digits only."
    InvalidDate Error "invalid-date"
        "A cell must contain a date."
        "Write the date as 2026-12-31, or name its form in `date_format` of the mapping."
    AmbiguousDate Error "ambiguous-date"
        "Day and month of a date can be exchanged, so its meaning is a guess."
        "Write the date as 2026-12-31, or name its form in `date_format` of the mapping, for example DD.MM.YYYY."
    InvalidFlag Error "invalid-flag"
        "A cell must contain true or false."
        "Write true or false."
    UnknownCountry Error "unknown-country"
        "The country is neither a code nor a name that Keyferry recognises."
        "Write the two-letter code of ISO 3166-1, for example DE."
    DamagedNumber Error "damaged-number"
        "A spreadsheet changed a postal code, telephone number or identifier into a number, and digits are lost."
        "Format the column as text in the spreadsheet, enter the value again, and export the file again."
    LostZero Error "lost-zero"
        "The postal code has too few digits for the country: a spreadsheet probably removed a leading zero."
        "Format the column as text in the spreadsheet, enter the value again, and export the file again."
    GarbledLetters Error "garbled-letters"
        "Letters of a name or address are wrong: the file was written or converted in a wrong encoding."
        "Export the file again as \"CSV UTF-8\", or name its encoding in `encoding` of the mapping."
    LineBreak Error "line-break"
        "A cell contains a line break. Orders cannot contain one."
        "Remove the line break. Use the column of the second street line for the rest of a street."
    SpreadsheetError Error "spreadsheet-error"
        "A cell contains a formula, or the error value of one, instead of a value."
        "Replace the formula with its value in the spreadsheet, and export the file again."
    TooManyCells Error "too-many-cells"
        "The row has more cells than the header, so values may be in the wrong columns."
        "Put quotation marks around a value that contains the delimiter."
    TooFewCells Warning "too-few-cells"
        "The row has fewer cells than the header. The missing cells count as empty."
        "Check that the values are in the right columns."
    StrayQuote Error "stray-quote"
        "A quotation mark is inside a quoted cell. The rest of the line was not read."
        "Double the quotation mark, or remove it."
    SwallowedRows Error "swallowed-rows"
        "A quoted cell extends over lines that look like rows: a quotation mark is probably missing."
        "Correct the quotation marks in these lines. The rows in them were not read."
    InvalidJson Error "invalid-json"
        "The line is not a JSON object."
        "Write one JSON object per line."
    UnknownMember Warning "unknown-member"
        "The object has a member that is neither part of an order nor named in the mapping. It was ignored."
        "Correct the name, name it in the mapping, or remove it."
    MemberTwice Error "member-twice"
        "Two members of the object are for the same member of the order."
        "Remove one of them, or map it to null."
    InvalidKey Error "invalid-key"
        "The row key is empty or longer than 100 characters, or contains control characters."
        "Give every row a short key that is unique in the file."
    RepeatedKey Error "repeated-key"
        "Another row has the same row key."
        "Give every row a key of its own, or remove one of the rows."
}

/// Finding about a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowFinding {
    /// Kind.
    pub code: Code,
    /// Path of the member of the order. `None` if the finding is about the row.
    pub member: Option<&'static str>,
    /// Header of the column, if the value is from one.
    pub column: Option<String>,
    /// What was found. Names the member. Contains values only of countries, whole numbers, dates and flags.
    pub message: String,
}

impl RowFinding {
    /// Creates a finding about the whole row.
    pub(crate) fn row(code: Code, message: impl Into<String>) -> Self {
        Self { code, member: None, column: None, message: message.into() }
    }

    /// Creates a finding about a member, whose value is from a column.
    pub(crate) fn member(code: Code, member: Member, column: Option<&str>, message: impl Into<String>) -> Self {
        Self { code, member: Some(member.path()), column: column.map(str::to_owned), message: message.into() }
    }

    /// Returns how bad the finding is.
    pub fn severity(&self) -> Severity {
        self.code.severity()
    }

    /// Returns what to do.
    pub fn remedy(&self) -> &'static str {
        self.code.remedy()
    }
}

/// Quotes the start of a value, for a message.
pub(crate) fn shown(text: &str) -> String {
    format!("{:?}", text.chars().take(40).collect::<String>())
}

/// Finding about a file that can be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// Kind: `guessed-encoding` or `filled-from-directory`.
    pub code: &'static str,
    /// What was found, and what to do.
    pub message: String,
}

impl Warning {
    /// Creates the warning about an encoding that may be wrong.
    pub(crate) fn guessed_encoding() -> Self {
        let message = "The file is not UTF-8 and was read as Windows-1252. Check letters with diacritics in names and \
                       addresses. If they are wrong, save the file as \"CSV UTF-8\", or name its encoding in \
                       `encoding` of the mapping.";
        Self { code: "guessed-encoding", message: message.to_owned() }
    }

    /// Creates the warning about columns that are missing.
    pub(crate) fn filled(members: &[&str]) -> Self {
        let members: Vec<_> = members.iter().map(|member| format!("`{member}`")).collect();
        let message = format!(
            "The file has no columns for {}. They are filled from the directory. Users whose entry lacks them cannot \
             be ordered for.",
            members.join(", ")
        );
        Self { code: "filled-from-directory", message }
    }
}
