//! What names and prose of documents say of paging, by the conventions that APIs share. Nothing here knows a vendor.

mod names;
mod prose;
mod vocabulary;

pub(super) use names::{canonical, own, same_thing, singular, words};
pub(super) use prose::{about_time, about_url, default, maximum, prose, says};
pub(super) use vocabulary::{
    Asks, Tells, asks, holds_links, is_beside_records, is_envelope, is_list_name, is_page_header, is_paging,
    is_record_id, is_token, takes_token, tells,
};
