//! One order through all steps, by itself.
