//! The binary as people and programs use it: arguments in, text and exit codes out; network on loopback only.

mod bench;
mod catalog;
mod config;
mod crash;
mod demo;
mod doctor;
mod entities;
mod keeping;
mod replays;
mod round_trip;
mod shops;
mod shopwire;
mod surface;
mod translate;
mod verify;
