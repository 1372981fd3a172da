use std::io::BufRead as _;

use clap::ArgMatches;
use futures_core::future::BoxFuture;
use url::Url;

use super::{End, Global, Problem, output};
use crate::LoginPrompt;

/// Prints what a person has to do.
struct Printed {
    /// Whether the person tells where the browser was sent.
    paste: bool,
}

impl LoginPrompt for Printed {
    fn open(&self, url: &Url) {
        println!("open this in a browser:\n\n  {url}\n");
        if self.paste {
            println!("then paste the address at which the browser ends, and press enter:");
        }
    }

    fn enter(&self, code: &str, url: &Url, complete: Option<&Url>) {
        println!("open {url} on any device, and enter the code:\n\n  {code}\n");
        if let Some(complete) = complete {
            println!("or open {complete}\n");
        }
    }

    fn redirected(&self) -> BoxFuture<'_, String> {
        if !self.paste {
            return Box::pin(std::future::pending());
        }
        Box::pin(async {
            let line = tokio::task::spawn_blocking(|| {
                let mut line = String::new();
                std::io::stdin().lock().read_line(&mut line).map(|_| line)
            });
            // Standard input that cannot be read is an empty line, which is no address.
            line.await.ok().and_then(Result::ok).unwrap_or_default()
        })
    }
}

pub(super) async fn login(global: &Global, matches: &ArgMatches) -> Result<End, Problem> {
    let client = global.client()?;
    client.login(&Printed { paste: matches.get_flag("paste") }).await?;
    println!("ok: {} has a token", global.contract.name);
    Ok(End::Ok)
}

pub(super) async fn logout(global: &Global) -> Result<End, Problem> {
    let client = global.client()?;
    if client.logout().await? {
        println!("ok: the token is forgotten");
    } else {
        output::note("there was no token");
    }
    Ok(End::Ok)
}
