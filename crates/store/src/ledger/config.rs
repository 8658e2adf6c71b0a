//! What is configured.

use shopwire_core::delivery::Endpoint;
use shopwire_core::{
    App, AppId, EndpointId, Replay, ReplayId, Shop, ShopId, Source, SourceId, Token, TokenId,
};

/// Everything that is configured, each kind in the order it was made.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Configuration {
    /// The shops.
    pub shops: Vec<Shop>,
    /// The apps.
    pub apps: Vec<App>,
    /// The sources.
    pub sources: Vec<Source>,
    /// The endpoints.
    pub endpoints: Vec<Endpoint>,
    /// The tokens.
    pub tokens: Vec<Token>,
    /// The replays, ended ones too.
    pub replays: Vec<Replay>,
}

/// One thing that is configured.
#[derive(Debug, Clone, PartialEq)]
pub enum Noun {
    /// A shop.
    Shop(Shop),
    /// An app.
    App(App),
    /// A source.
    Source(Source),
    /// An endpoint.
    Endpoint(Endpoint),
    /// A token.
    Token(Token),
    /// A replay.
    Replay(Replay),
}

/// Names one thing that is configured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NounId {
    /// A shop.
    Shop(ShopId),
    /// An app.
    App(AppId),
    /// A source.
    Source(SourceId),
    /// An endpoint.
    Endpoint(EndpointId),
    /// A token.
    Token(TokenId),
    /// A replay.
    Replay(ReplayId),
}

/// Names a request so that repeating it does nothing new.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct IdempotencyKey {
    /// Who asked.
    pub token: TokenId,
    /// What was asked: method and path.
    pub operation: String,
    /// The key the caller chose.
    pub key: String,
}
