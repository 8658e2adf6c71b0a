//! The whole server from outside: one binary, simulated time, real sockets, a real store.

#![expect(clippy::unwrap_used, reason = "helpers of tests may fail like tests")]

mod api_page;
mod auth;
mod bad_input;
mod bounds;
mod catalog;
mod changes;
mod client;
mod configuration;
mod cut_off;
mod deliveries;
mod endpoints;
mod entities;
mod events;
mod every_topic;
mod full;
mod grants;
mod idempotency;
mod ingest;
mod keeping;
mod logs;
mod metrics;
mod openapi;
mod pages;
mod platform;
mod problems;
mod registration;
mod replays;
mod scenarios;
mod secrets;
#[path = "../../../engine/tests/it/unreliable.rs"]
#[expect(dead_code, reason = "the engine's tests need more of it")]
mod unreliable;
mod world;
