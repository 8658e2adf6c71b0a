//! How the structs of entities are declared: each field only with its type and what it means.

/// Whether a field has nothing to say and is left out of the JSON.
pub(super) trait Absent {
    fn is_absent(&self) -> bool;
}

impl<T> Absent for Option<T> {
    fn is_absent(&self) -> bool {
        self.is_none()
    }
}

impl<T> Absent for Vec<T> {
    fn is_absent(&self) -> bool {
        self.is_empty()
    }
}

impl Absent for super::Extra {
    fn is_absent(&self) -> bool {
        self.is_empty()
    }
}

/// Declares a thing with an id of its own: `id` comes first, `extra` last, and both are added here.
macro_rules! entity {
    ($(#[$doc:meta])* $name:ident { $($(#[$about:meta])* $field:ident: $type:ty,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
        #[serde(default, deny_unknown_fields)]
        pub struct $name {
            /// The id on its platform.
            pub id: String,
            $(
                $(#[$about])*
                #[serde(skip_serializing_if = "crate::commerce::entity::Absent::is_absent")]
                pub $field: $type,
            )*
            /// What has no canonical name: a platform's or a shop's own fields, under their own names.
            #[serde(skip_serializing_if = "crate::commerce::entity::Absent::is_absent")]
            pub extra: crate::commerce::entity::Extra,
        }
    };
}

/// Declares a part of an entity: it may have no id; `extra` is added here.
macro_rules! part {
    ($(#[$doc:meta])* $name:ident { $($(#[$about:meta])* $field:ident: $type:ty,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
        #[serde(default, deny_unknown_fields)]
        pub struct $name {
            $(
                $(#[$about])*
                #[serde(skip_serializing_if = "crate::commerce::entity::Absent::is_absent")]
                pub $field: $type,
            )*
            /// What has no canonical name: a platform's or a shop's own fields, under their own names.
            #[serde(skip_serializing_if = "crate::commerce::entity::Absent::is_absent")]
            pub extra: crate::commerce::entity::Extra,
        }
    };
}

pub(super) use {entity, part};
