//! What must hold for the house as a whole.

mod arrows;
mod tidy;
