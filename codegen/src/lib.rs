//! OpenAPI document + manifest -> connector crate. Data flows one way through the stages, each a folder:
//! `source -> normalise -> model -> plan (+ manifest) -> render`.

pub mod model;
pub mod plan;
