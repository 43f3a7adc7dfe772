//! WebAuthn's part of a registration.
