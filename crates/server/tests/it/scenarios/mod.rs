//! The sending half as specified: for every scenario of the table, what each platform hears over real HTTP, and nothing
//! more. See `scenarios.toml`.

mod independent;
mod stage;
mod table;

use std::collections::BTreeSet;

use shopwire_dialects::catalog::Listed;

use self::stage::Stage;
use self::table::scenarios;

#[tokio::test]
async fn every_scenario_gives_what_the_table_says_and_nothing_more() {
    let mut wrong = Vec::new();
    for scenario in scenarios() {
        let stage = Stage::new().await;
        for line in &scenario.given {
            stage.given(line).await;
        }
        for line in &scenario.when {
            stage.play(line).await;
        }
        let (heard, expected) = (stage.heard().await, scenario.expected());
        for (platform, topics) in expected {
            if heard[platform] != topics {
                wrong.push(format!(
                    "{}\n  {platform} heard {:?}\n  instead of {topics:?}",
                    scenario.says, heard[platform]
                ));
            }
        }
        stage.end().await;
    }
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_topic_of_the_platforms_own_lists_is_heard_in_some_scenario() {
    let heard: BTreeSet<(&str, String)> = scenarios()
        .iter()
        .flat_map(|scenario| scenario.expected())
        .flat_map(|(platform, topics)| topics.into_iter().map(move |topic| (platform, topic)))
        .collect();
    let mut missing = Vec::new();
    for dialect in shopwire_dialects::all() {
        for topic in dialect.catalog().topics.iter().filter(|topic| topic.listed == Listed::Seed) {
            if !heard.contains(&(dialect.id().as_str(), topic.name.to_owned())) {
                missing.push(format!("{} {}", dialect.id(), topic.name));
            }
        }
    }
    assert!(missing.is_empty(), "{missing:?}");
}
