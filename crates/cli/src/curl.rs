//! A request as a curl command that sends exactly it.

use shopwire_core::Headers;

/// The command, for a POSIX shell. The body is JSON, so it neither begins with the `@` that curl would take for a
/// file's name nor holds a NUL.
pub(crate) fn command(url: &str, headers: &Headers, body: &str) -> String {
    let mut lines = vec![format!(
        "curl --silent --show-error --include --http1.1 --globoff --request POST {}",
        quote(url)
    )];
    for (name, value) in headers.iter() {
        // A header without a value has to be written with a semicolon, or curl leaves it out.
        let field = if value.is_empty() { format!("{name};") } else { format!("{name}: {value}") };
        lines.push(format!("--header {}", quote(&field)));
    }
    // What curl would add of its own accord.
    let added = ["User-Agent", "Accept", "Content-Type", "Expect"];
    lines.extend(
        added.iter().filter(|name| headers.get(name).is_none()).map(|name| format!("--header '{name}:'")),
    );
    lines.push(format!("--data-binary {}", quote(body)));
    lines.join(" \\\n  ") + "\n"
}

/// The text as one word of a POSIX shell.
fn quote(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_names_everything_and_nothing_more() {
        let headers = Headers::new().with("Content-Type", "application/json").with("X-Empty", "");
        insta::assert_snapshot!(command("http://127.0.0.1:1/in?a=b&c", &headers, "{\"name\":\"O'Neil\\n$HOME `x`\"}"), @r#"
        curl --silent --show-error --include --http1.1 --globoff --request POST 'http://127.0.0.1:1/in?a=b&c' \
          --header 'Content-Type: application/json' \
          --header 'X-Empty;' \
          --header 'User-Agent:' \
          --header 'Accept:' \
          --header 'Expect:' \
          --data-binary '{"name":"O'\''Neil\n$HOME `x`"}'
        "#);
    }
}
