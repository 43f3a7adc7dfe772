//! What the pages of all areas share: sign-in and sessions, forms, headers, cookies, languages and files.
//!
//! The console and the pages for people are built on it. The crate writes no page of its own, decides no right, and
//! does not know shipments.
//!
//! Start reading at [`Site`].

mod area;
mod assets;
mod cookies;
mod form;
mod headers;
mod language;
mod page;
mod public_url;
mod return_to;
mod sign_in;
mod site;

pub use area::Area;
pub use assets::{Asset, ICON, file, version};
pub use cookies::Cookie;
pub use form::{fetch_site, has_token_of, is_from_elsewhere};
pub use headers::add as add_headers;
pub use language::preferred_language;
pub use page::{page, panicked};
pub use public_url::PublicUrl;
pub use return_to::ReturnTo;
pub use sign_in::{BeginParameters, Begun, CallbackParameters, SignInProblem, SignedIn, begin, complete};
pub use site::Site;
