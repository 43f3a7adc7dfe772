//! Who signed in.
