//! The webhook dialects of the five platforms: verify, sign, decode, render.
