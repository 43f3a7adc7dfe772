//! Letter with a PIN, as a PDF file of one page, for a window envelope.
//!
//! The page is A4 and follows DIN 5008, form B. Folded twice, it fits an envelope DL with a window. The address is on
//! the outer third, the PIN on the third that lies inside. The crate knows no shipment, stores nothing, and decides
//! nothing about a PIN.
//!
//! Start reading at [`print`].

mod error;
mod font;
mod letter;
mod page;
mod pdf;
mod place;
mod texts;

pub use error::LetterError;
pub use letter::{Language, Letter, LetterKey, MOST_LINES};
pub use page::print;
