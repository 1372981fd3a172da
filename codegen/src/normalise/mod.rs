//! One shape for every dialect.
