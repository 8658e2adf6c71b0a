//! Tokens.

use shopwire_core::{Role, Secret, Token, TokenId};
use shopwire_store::{Noun, NounId};

use super::{ConfigureError, rules};
use crate::Engine;

/// A token to be made.
#[derive(Debug, Clone)]
pub struct TokenDraft {
    /// A name for people, 1 to 200 characters.
    pub name: String,
    /// What its bearer may do.
    pub role: Role,
}

impl Engine {
    /// Makes a token and answers its text, which can't be had again.
    ///
    /// # Errors
    /// If the name can't be, or there are too many tokens.
    pub async fn create_token(&self, draft: TokenDraft) -> Result<(Token, Secret), ConfigureError> {
        let _changing = self.0.changing.lock().await;
        self.make_token(draft).await
    }

    /// Makes the first admin token and answers its text, unless there is an admin already.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn ensure_admin(&self) -> Result<Option<Secret>, ConfigureError> {
        let _changing = self.0.changing.lock().await;
        if self.admins() > 0 {
            return Ok(None);
        }
        let draft = TokenDraft { name: "first admin".to_owned(), role: Role::Admin };
        self.make_token(draft).await.map(|(_, text)| Some(text))
    }

    /// Removes a token: its bearer is no longer let in.
    ///
    /// # Errors
    /// If there is no such token, or it is the last admin's.
    pub async fn delete_token(&self, id: TokenId) -> Result<(), ConfigureError> {
        let _changing = self.0.changing.lock().await;
        let found = self.0.directory.tokens.get(id);
        let token = found.ok_or_else(|| ConfigureError::not_found("token", id))?;
        if token.role == Role::Admin && self.admins() == 1 {
            let message = format!("token `{id}` is the last admin's: create another admin token first");
            return Err(ConfigureError::Conflict { message });
        }
        self.take(NounId::Token(id)).await?;
        tracing::info!(token.id = %id, "token deleted");
        Ok(())
    }

    async fn make_token(&self, draft: TokenDraft) -> Result<(Token, Secret), ConfigureError> {
        rules::room("tokens_max", self.0.directory.tokens.len(), self.0.limits.tokens_max)?;
        let name = rules::name(&draft.name)?;
        let (token, text) = Token::new(name, draft.role, self.0.timer.now(), self.random());
        self.put(Noun::Token(token.clone())).await?;
        tracing::info!(token.id = %token.id, role = ?token.role, "token created");
        Ok((token, text))
    }

    fn admins(&self) -> usize {
        let (admins, _) = self.0.directory.tokens.page(None, usize::MAX, |token| token.role == Role::Admin);
        admins.len()
    }
}
