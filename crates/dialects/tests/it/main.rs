//! The dialects as a whole: what holds for each of them and for all together.

mod catalog_check;
mod catalog_map;
mod catalog_patterns;
mod catalog_round_trip;
mod pages;
mod translation;
