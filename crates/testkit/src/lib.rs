//! Simulated time, scripted receivers and fixtures for Shopwire's tests.
