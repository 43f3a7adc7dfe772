//! Typed settings, each declared once, in the crate that uses it.
//!
//! A crate declares a setting together with the field that holds its value. The field's doc comment becomes the
//! setting's entry on the reference page:
//!
//! ```
//! use keyferry_settings::{parse, setting, settings};
//!
//! settings! {
//!     /// How Keyferry calls the delivery service.
//!     #[derive(Debug)]
//!     pub struct DeliverySettings in "Delivery service" {
//!         /// Timeout of a request.
//!         pub timeout_seconds: u32 = setting("KEYFERRY_DELIVERY_TIMEOUT_SECONDS", |text| parse::number(text, 1, 60))
//!             .default("10")
//!             .expected("whole seconds, 1 to 60")
//!             .example("30"),
//!     }
//! }
//! ```
//!
//! The rest is derived from the declaration: reading ([`Reader`]), errors, the reference page ([`Declaration`]) and
//! `/v1/status` ([`SettingsGroup::status`]).
//!
//! The crate reads neither the environment nor a file: the program supplies the values ([`Values`], implemented in
//! `crates/keyferry/src/config`). It declares no settings itself. A check of settings of several crates is in the
//! program, too.
//!
//! Start reading at [`settings!`], then at [`Setting`], whose methods are the options of a declaration.

mod declaration;
mod error;
mod field;
mod group;
pub mod parse;
mod reader;
mod secret;
mod setting;
mod suggest;
mod values;

pub use declaration::{Declaration, DefaultBy};
pub use error::{ErrorRecorded, Invalid, SettingError};
pub use field::{Field, FieldSource, Fixed, fixed};
pub use group::SettingsGroup;
pub use reader::Reader;
pub use secret::Secret;
pub use setting::{Setting, secret, secret_text, setting};
pub use suggest::nearest;
pub use values::{Unset, Values};
