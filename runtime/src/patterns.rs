//! The patterns of contracts, each read once a process and only when it is first asked for.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, PoisonError, RwLock};

use linchpin_pattern::Pattern;

/// As many as the contracts of the program have.
type Known = HashMap<&'static str, Option<Arc<Pattern>>>;

static KNOWN: LazyLock<RwLock<Known>> = LazyLock::new(RwLock::default);

/// The pattern of that text. A generated contract has only such as can be read; of another one nothing is known.
pub(crate) fn pattern(text: &'static str) -> Option<Arc<Pattern>> {
    if let Some(known) = KNOWN.read().unwrap_or_else(PoisonError::into_inner).get(text) {
        return known.clone();
    }
    // Two that ask at once read the same.
    let read = Pattern::read(text).ok().map(Arc::new);
    KNOWN.write().unwrap_or_else(PoisonError::into_inner).insert(text, read.clone());
    read
}
