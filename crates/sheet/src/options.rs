//! What the connector's settings decide about files.

/// What the connector's settings decide about files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Whether missing recipient data is filled from the directory later. Then missing columns and empty cells of
    /// recipient and address are no errors.
    pub fill_from_directory: bool,
    /// Whether the person gives the address of a row that leaves it out. Otherwise only where `address_by` is `person`.
    pub asks_person: bool,
    /// Most rows of a file, without the header.
    pub max_rows: u32,
    /// Longest row, in bytes of UTF-8.
    pub max_row_bytes: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self { fill_from_directory: false, asks_person: false, max_rows: 100_000, max_row_bytes: 64 * 1024 }
    }
}

/// Format of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Text with delimiters and a header.
    Csv,
    /// One JSON object per line.
    JsonLines,
}
