//! The demo's shops: one on each platform, with a source and a genuine webhook.

use anyhow::Context as _;
use shopwire_core::{Clock as _, DialectId, Random as _, Secret, Shop, Source};
use shopwire_dialects::{Dialect, Key, Outgoing, SampleFacts, ShopIdentity, mac};
use shopwire_engine::configure::{KeyDraft, ShopDraft, SourceDraft};
use shopwire_engine::{Engine, SystemRandom, SystemTimer};

/// What a shop is called, who it is on its platform, and what happens in it.
struct Sketch {
    dialect: DialectId,
    name: &'static str,
    identity: &'static [(&'static str, &'static str)],
    topic: &'static str,
}

const SHOPS: [Sketch; 5] = [
    Sketch {
        dialect: DialectId::Ecwid,
        name: "Kettle & Co",
        identity: &[("store_id", "1003")],
        topic: "order.created",
    },
    Sketch {
        dialect: DialectId::BigCommerce,
        name: "Northern Oak",
        identity: &[("store_id", "1003502318"), ("store_hash", "8jbhprizry")],
        topic: "store/order/statusUpdated",
    },
    Sketch {
        dialect: DialectId::Shoptet,
        name: "Čajovna U Lípy",
        identity: &[("eshop_id", "222651")],
        topic: "order:create",
    },
    Sketch {
        dialect: DialectId::Shoplazza,
        name: "Lantern Street",
        identity: &[("shop_domain", "lantern.myshoplaza.com")],
        topic: "orders/paid",
    },
    Sketch {
        dialect: DialectId::Duda,
        name: "Harbour Yoga",
        identity: &[("site_name", "931c0ef0")],
        topic: "ECOMM_SUBSCRIPTION_CREATED",
    },
];

/// One shop of the demo.
pub(super) struct DemoShop {
    /// Its platform's dialect.
    pub(super) dialect: &'static dyn Dialect,
    /// The shop.
    pub(super) shop: Shop,
    /// Its source.
    pub(super) source: Source,
    /// The secret its platform signs with.
    pub(super) secret: Secret,
    /// The topic of its webhook.
    pub(super) topic: &'static str,
    identity: ShopIdentity,
}

/// Makes the five shops with their sources.
pub(super) async fn open(engine: &Engine) -> anyhow::Result<Vec<DemoShop>> {
    let mut shops = Vec::new();
    for sketch in &SHOPS {
        shops.push(open_one(engine, sketch).await?);
    }
    Ok(shops)
}

async fn open_one(engine: &Engine, sketch: &'static Sketch) -> anyhow::Result<DemoShop> {
    let Sketch { dialect: id, name, topic, .. } = *sketch;
    let identity =
        sketch.identity.iter().fold(ShopIdentity::default(), |of, (name, value)| of.and(name, *value));
    let dialect = shopwire_dialects::get(id).context("the five platforms have dialects")?;
    let identities = [(id, identity.0.clone())].into_iter().collect();
    let shop = engine.create_shop(ShopDraft { name: name.to_owned(), identities }).await?;
    let secret = secret_of_its_form(id);
    let keys = vec![KeyDraft::Signing(secret.clone())];
    let draft = SourceDraft { shop: shop.id, dialect: id, name: name.to_owned(), app: None, keys };
    let source = engine.create_source(draft).await?;
    Ok(DemoShop { dialect, shop, source, secret, topic, identity })
}

/// A new secret in the form the platform gives: Duda's are base64, the others' plain text.
pub(super) fn secret_of_its_form(dialect: DialectId) -> Secret {
    let mut bytes = [0; 16];
    SystemRandom.fill(&mut bytes);
    let text = mac::hex(&bytes);
    Secret::new(if dialect == DialectId::Duda { mac::base64(text.as_bytes()) } else { text })
}

impl DemoShop {
    /// A genuine webhook of this shop, as its platform would send it now.
    pub(super) fn webhook(&self) -> anyhow::Result<Outgoing> {
        let topic =
            self.dialect.catalog().find(self.topic).context("the demo's topics are in the catalogue")?;
        let now = SystemTimer.now();
        let facts = SampleFacts { shop: &self.identity, subject_id: None, now, random: &SystemRandom };
        let draft = self.dialect.sample(topic, &facts);
        Ok(self.dialect.sign(draft, &Key::Signing(self.secret.clone()), now))
    }

    /// The command that sends another one.
    pub(super) fn trigger(&self, url: &str) -> String {
        let identity: String =
            self.identity.0.iter().map(|(name, value)| format!(" --shop {name}={value}")).collect();
        format!(
            "{} trigger {} {} --to {url}/in/{} --secret {}{identity}",
            program(),
            self.dialect.id(),
            self.topic,
            self.source.id,
            self.secret.expose(),
        )
    }
}

/// How this program is called from here: it may not be on the path.
pub(super) fn program() -> String {
    let here = std::env::current_dir().unwrap_or_default();
    let exe = std::env::current_exe().ok().filter(|exe| exe.starts_with(&here));
    let from_here = exe.and_then(|exe| Some(exe.strip_prefix(&here).ok()?.display().to_string()));
    from_here.unwrap_or_else(|| "shopwire".to_owned())
}
