//! Connection profiles: how commands reach a connector, and their tokens.
//!
//! `config.toml` holds the profiles. It contains no secret: it names the file or the environment variable that holds
//! one. Tokens are cached in files of their own. All files are readable only by their owner.

mod cache;
mod connect;
mod file;
mod places;
mod profile;
mod tokens;

pub(crate) use cache::forget as forget_tokens;
pub(crate) use connect::{api_of, checked, connect, http};
pub(crate) use file::{Profiles, valid_name};
pub(crate) use places::{listen_secret_path, new_private_file, private_file, secret_path};
pub(crate) use profile::{Profile, Source};
pub(crate) use tokens::{oauth, read_secret, store_grant};
