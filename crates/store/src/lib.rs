//! The Ledger: Shopwire's durable log, lanes and configuration.
