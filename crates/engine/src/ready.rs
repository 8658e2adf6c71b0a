//! Whether the engine can do its work.

use shopwire_core::TokenId;
use shopwire_store::{IdempotencyKey, StoreError};

use crate::Engine;

impl Engine {
    /// Whether the store can be read, and, if it had no room when something was to be written last, has room again.
    ///
    /// # Errors
    /// [`StoreError::Full`] as long as nothing can be written; whatever else keeps the store from being read.
    pub async fn ready(&self) -> Result<(), StoreError> {
        self.ledger().head().await?;
        if self.metrics().store_full.get() == 0 {
            return Ok(());
        }
        self.metrics().seen(self.try_to_write().await)
    }

    /// Writes something that means nothing, and is swept in time: nobody may come who would notice that there is room again.
    async fn try_to_write(&self) -> Result<(), StoreError> {
        let now = self.timer().now();
        let (operation, key) = ("readyz".to_owned(), now.to_string());
        let nobody = IdempotencyKey { token: TokenId::from_bytes([0; 16]), operation, key };
        self.ledger().remember(nobody, Vec::new(), now).await
    }
}
