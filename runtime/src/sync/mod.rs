//! sync
mod cursor;
mod engine;
mod project;
mod source;
#[cfg(test)]
mod tests;
mod walk;
