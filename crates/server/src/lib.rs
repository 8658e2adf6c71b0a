//! Shopwire's HTTP surfaces.
