//! Settings that are declared once, in the struct of the part that uses them.
//!
//! A part declares a setting together with the field that holds its value. The field's doc comment is the setting's entry on the reference
//! page:
//!
//! ```
//! use keyferry_settings::{parse, setting, settings};
//!
//! settings! {
//!     /// How the delivery service is called.
//!     #[derive(Debug)]
//!     pub struct DeliverySettings in "Delivery service" {
//!         /// Longest time to wait for a response.
//!         pub timeout_seconds: u32 = setting("KEYFERRY_DELIVERY_TIMEOUT_SECONDS", |text| parse::number(text, 1, 60))
//!             .default("10")
//!             .expected("whole seconds, 1 to 60")
//!             .example("30"),
//!     }
//! }
//! ```
//!
//! Everything else follows from the declaration: reading ([`Reader`]), errors, the reference page ([`Declaration`]) and `/v1/status`
//! ([`SettingsGroup::status`]). Where values come from is the program's matter ([`Values`]).

mod declaration;
mod error;
mod field;
mod group;
pub mod parse;
mod reader;
mod secret;
mod setting;
mod values;

pub use declaration::{Declaration, DefaultBy};
pub use error::{Invalid, Noted, SettingError};
pub use field::{Field, FieldSource, Fixed, fixed};
pub use group::SettingsGroup;
pub use reader::Reader;
pub use secret::Secret;
pub use setting::{Setting, secret, secret_text, setting};
pub use values::{Unset, Values};
