//! The README's example, compiled here and compared with it. It runs against any Zendesk account, or against the sandbox.

// README
use linchpin_zendesk::{Client, ListTicketsParams};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    // Reads ZENDESK_SUBDOMAIN, ZENDESK_EMAIL and ZENDESK_API_TOKEN; sends nothing yet.
    let zendesk = Client::from_environment()?;

    // A stream: every record, page after page, with waits and retries on the way.
    let mut tickets = zendesk.streams().tickets();
    if let Some(ticket) = tickets.next().await {
        println!("first ticket: {}", ticket?.id);
    }

    // An operation: required arguments by position, the rest in a struct with a default.
    let params = ListTicketsParams { page_size: Some(10), ..Default::default() };
    let page = zendesk.list_tickets(&params).await?;
    println!("{} tickets on the first page", page.tickets.len());
    Ok(())
}
// README

#[cfg(test)]
mod tests {
    #[test]
    fn the_readme_shows_this_example() {
        let shown =
            include_str!("readme.rs").split("// README\n").nth(1).expect("the part between the marks");
        let readme = include_str!("../../README.md");
        assert!(
            readme.contains(&format!("```rust\n{shown}```\n")),
            "README.md does not hold this text:\n{shown}"
        );
    }
}
