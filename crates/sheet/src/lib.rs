//! Order files: turns the bytes of an HR export into orders, row by row, and writes CSV.
//!
//! [`Reader`] is pushed the bytes of a file as they arrive and returns [`Row`]s. Its memory does not depend on the
//! length of the file, except for about 32 bytes per row key. A problem of the whole file is an [`Error`]; a problem of
//! a row is a [`RowFinding`], and the other rows are not affected.
//!
//! ```
//! use keyferry_sheet::{Format, Mapping, Options, Reader};
//!
//! let mapping = Mapping::from_json(
//!     r#"{"defaults": {"product_id": 1, "inventory_product_id": 18, "customization_id": "CUSTID", "pin_length": 8}}"#,
//! )?;
//! let options = Options { fill_from_directory: true, ..Options::default() };
//! let mut reader = Reader::new(Format::Csv, mapping, options)?;
//! let mut rows = reader.push(b"Benutzerprinzipalname;Vorname;Nachname\r\nadele@contoso.exa")?;
//! rows.extend(reader.push(b"mple;Adele;Vance\r\n")?);
//! rows.extend(reader.finish()?);
//! assert_eq!(rows[0].number, 2);
//! assert_eq!(rows[0].order["user_id"], "adele@contoso.example");
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! ```
//!
//! Start reading at `reader`. The path of a byte: `decode` → `records` → `columns` (once, for the header) → `build` →
//! `cells`.

mod build;
mod cells;
mod columns;
mod countries;
mod dates;
mod decode;
mod defaults;
mod error;
mod finding;
mod garbled;
mod guess;
mod json;
mod mapping;
mod member;
mod names;
mod options;
mod plan;
mod postal;
mod preview;
mod reader;
mod records;
mod repeats;
mod row;
mod sniff;
mod strict;
mod template;
mod write;

pub use columns::{Column, Columns};
pub use countries::find as country_code;
pub use error::Error;
pub use finding::{Code, RowFinding, Severity, Warning};
pub use guess::synonyms;
pub use json::JsonRows;
pub use mapping::{Mapping, Target};
pub use member::Member;
pub use options::{Format, Options};
pub use preview::{Preview, PreviewColumn};
pub use reader::Reader;
pub use repeats::Repeats;
pub use row::Row;
pub use template::template;
pub use write::{Writer, inert};
