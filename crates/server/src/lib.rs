//! Shopwire's HTTP surfaces: the door for webhooks, the API, metrics and health.
//!
//! Handlers extract, call the [engine](shopwire_engine), and answer; no rule of the business and no SQL is in here.
//!
//! **Invariants.** Every refusal is an RFC 9457 problem, with the request's id if a request could be read. No secret
//! leaves but in the one answer that creates it. A request's head, body and time are bounded before anything is made of
//! it. Every route is in the OpenAPI document, since both are made from one declaration.

mod api;
mod app;
mod auth;
mod body;
mod extract;
mod health;
mod idempotency;
mod ingest;
mod metrics;
mod openapi;
mod page;
mod problem;
mod scope;
mod serve;

pub use app::{ServerConfig, Surfaces, router};
pub use openapi::openapi_json;
pub use problem::Code as ProblemCode;
pub use serve::{Answers, serve};
