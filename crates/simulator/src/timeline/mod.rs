//! A trace as a picture, and as text for a human.
