//! The names that APIs share for what paging asks and tells, and for what stands around records.

use super::names::{canonical, parts, words};
use super::prose::says;

/// What a parameter asks for, by its name alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(in crate::infer) enum Asks {
    /// How many records a page has.
    Size,
    /// The number of a page.
    Page,
    /// How many records come before.
    Offset,
    /// What comes after a token, or after a record.
    Cursor,
    /// What comes before one.
    Before,
}

/// What a value in an answer says of its pages, by its name alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(in crate::infer) enum Tells {
    /// What leads to the next page: a token or a URL.
    Next,
    /// True while there is more.
    More,
    /// True when there is no more.
    Done,
    /// The number of all records.
    Total,
    /// The number of all pages.
    Pages,
}

const PAGING_CONTAINERS: &[&str] = &[
    "page",
    "paging",
    "pagination",
    "paginate",
    "pager",
    "options",
    "list_options",
    "query",
    "cursor",
    "params",
    "page_info",
    "page_params",
    "pagination_options",
    "request_options",
];

/// What a parameter, or a field of a body, asks for.
pub(in crate::infer) fn asks(name: &str) -> Option<Asks> {
    let (last, container) = parts(name);
    // APIs that mark what is about the list and not a filter: `_limit`, `_token`.
    if name == "_token" {
        return Some(Asks::Cursor);
    }
    match &container {
        None => asks_by(&last),
        Some(container) if PAGING_CONTAINERS.contains(&container.as_str()) => match container.as_str() {
            "page" | "paging" | "pagination" | "paginate" | "pager" | "cursor" | "page_info" => {
                in_page(&last).or_else(|| asks_by(&last))
            }
            _ => asks_by(&last),
        },
        Some(_) => None,
    }
}

/// What stands in something called a page.
fn in_page(last: &str) -> Option<Asks> {
    Some(match last {
        "size" | "limit" | "count" | "length" | "take" => Asks::Size,
        "number" | "no" | "num" | "index" | "page" => Asks::Page,
        "offset" | "skip" | "start" => Asks::Offset,
        "after" | "cursor" | "token" | "next" | "key" | "marker" | "id" => Asks::Cursor,
        "before" | "previous" | "prev" => Asks::Before,
        _ if last.starts_with("next_") => Asks::Cursor,
        _ => return None,
    })
}

fn asks_by(name: &str) -> Option<Asks> {
    Some(match name {
        "limit" | "per_page" | "perpage" | "page_size" | "pagesize" | "size" | "count" | "max_results"
        | "maxresults" | "max_items" | "max_records" | "max_count" | "max_keys" | "max_page_size"
        | "max_per_page" | "max" | "top" | "first" | "take" | "rows" | "num" | "page_limit" | "pagelen"
        | "page_len" | "page_length" | "limit_per_page" | "items_per_page" | "results_per_page"
        | "records_per_page" | "entries_per_page" | "num_results" | "num_items" | "number_of_results"
        | "result_limit" | "results_limit" | "batch_size" | "page_count" | "page_max" | "maximum"
        | "fetch" | "result_count" | "n" | "list_limit" | "record_limit" | "max_entries" | "max_number"
        | "row_count" | "limits" | "hits_per_page" | "return_count" | "objects_per_page" => Asks::Size,
        "page" | "page_number" | "pagenumber" | "page_num" | "page_no" | "pageno" | "page_index"
        | "current_page" | "pg" | "p" | "page_nr" | "page_idx" | "pagenum" | "skip_pages" => Asks::Page,
        "offset" | "skip" | "start" | "start_index" | "startindex" | "start_at" | "startat"
        | "start_position" | "start_offset" | "page_offset" | "first_result" | "start_row" | "from_index"
        | "record_offset" | "result_offset" | "from" | "start_record" | "begin_index" | "first_row"
        | "limitstart" | "limit_start" | "row_offset" | "skip_count" | "skip_records" | "first_record"
        | "starting_index" => Asks::Offset,
        "cursor"
        | "page_token"
        | "pagetoken"
        | "next_token"
        | "next_page_token"
        | "continuation_token"
        | "continuation"
        | "continue"
        | "marker"
        | "page_marker"
        | "page_cursor"
        | "next_cursor"
        | "after"
        | "page_after"
        | "starting_after"
        | "after_cursor"
        | "bookmark"
        | "scroll_id"
        | "page_info"
        | "page_key"
        | "next_page"
        | "next"
        | "next_key"
        | "start_cursor"
        | "start_after"
        | "starting_token"
        | "pagination_token"
        | "iterator"
        | "page_id"
        | "start_key"
        | "from_cursor"
        | "after_id"
        | "since_id"
        | "last_id"
        | "last_key"
        | "exclusive_start_key"
        | "pagination_key"
        | "next_marker"
        | "cursor_mark"
        | "search_after"
        | "next_id"
        | "last_record_id"
        | "pagination_cursor"
        | "cursor_id"
        | "last_evaluated_key"
        | "stream_position"
        | "start_id"
        | "from_id"
        | "id_after"
        | "page_state"
        | "paging_state"
        | "paging_token"
        | "list_cursor"
        | "cursor_after"
        | "after_token"
        | "resume_token"
        | "next_batch"
        | "last_token"
        | "skip_token"
        | "last_seen_id"
        | "start_token"
        | "pagination_id"
        | "end_cursor"
        | "next_iterator"
        | "scroll_token"
        | "continuation_key"
        | "next_page_id"
        | "paging_cursor" => Asks::Cursor,
        "before"
        | "ending_before"
        | "page_before"
        | "before_cursor"
        | "before_id"
        | "end_before"
        | "until_id"
        | "prev_cursor"
        | "previous_cursor"
        | "cursor_before"
        | "id_before"
        | "previous_page_token"
        | "max_id"
        | "prev"
        | "previous" => Asks::Before,
        _ => return None,
    })
}

/// Whether a parameter whose name is none of the usual ones takes a token, by a word of its name and by its prose: `batch_token`, "a pagination
/// cursor to retrieve the next set of results".
pub(in crate::infer) fn takes_token(name: &str, prose: &str) -> bool {
    let word = |word: &String| {
        matches!(
            word.as_str(),
            "token" | "cursor" | "scroll" | "marker" | "bookmark" | "continuation" | "iterator"
        )
    };
    let back = |word: &String| matches!(word.as_str(), "before" | "prev" | "previous");
    let words = words(name);
    let strong = words.iter().any(|word| matches!(word.as_str(), "cursor" | "scroll"));
    let speaks = says(
        prose,
        &[
            "pagination",
            "paginate",
            "paginated",
            "paging",
            "next page",
            "next set",
            "next batch",
            "page of results",
            "subsequent page",
            "more results",
            "next results",
            "scroll",
        ],
    );
    words.iter().any(word) && !words.iter().any(back) && (speaks || (strong && prose.is_empty()))
}

/// Whether prose says that a parameter takes a token, and not something of a record.
pub(in crate::infer) fn is_token(prose: &str) -> bool {
    says(prose, &["cursor", "token", "opaque", "continuation"])
        && !says(prose, &["id", "ids", "identifier", "uuid", "object", "last record", "last item"])
}

/// Whether a header of an answer tells of pages, by its name: `X-Total-Pages`, `X-Pagination-Page`.
pub(in crate::infer) fn is_page_header(name: &str) -> bool {
    words(name).iter().any(|word| {
        matches!(word.as_str(), "page" | "pages" | "pagination" | "paging" | "paginate" | "pagecount")
    })
}

/// Whether a parameter takes an identifier of a record, by its name, where the answer gives no token.
pub(in crate::infer) fn is_record_id(name: &str) -> bool {
    matches!(
        parts(name).0.as_str(),
        "starting_after"
            | "after"
            | "after_id"
            | "since_id"
            | "last_id"
            | "start_after"
            | "last_key"
            | "id_after"
            | "start_id"
            | "from_id"
            | "last_record_id"
            | "last_seen_id"
            | "page_after"
            | "search_after"
    )
}

/// What a value of an answer tells, by its name and the names of the objects that it stands in.
pub(in crate::infer) fn tells(path: &[String]) -> Option<Tells> {
    let last = canonical(path.last()?);
    let container = path.len().checked_sub(2).and_then(|at| path.get(at)).map(|name| canonical(name));
    let container = container.as_deref().unwrap_or_default();
    let next_container = matches!(
        container,
        "next" | "next_page" | "cursors" | "cursor" | "next_link" | "link_next" | "next_cursor"
    );
    Some(match last.as_str() {
        "next"
        | "next_cursor"
        | "next_token"
        | "next_page_token"
        | "next_page"
        | "next_url"
        | "next_link"
        | "next_page_url"
        | "next_page_link"
        | "next_page_uri"
        | "next_uri"
        | "next_href"
        | "next_page_path"
        | "next_marker"
        | "next_key"
        | "next_page_id"
        | "next_page_cursor"
        | "next_page_key"
        | "next_page_offset"
        | "next_offset"
        | "next_records_url"
        | "next_results_url"
        | "continuation_token"
        | "continuation"
        | "continue"
        | "after_cursor"
        | "after_url"
        | "scroll_id"
        | "bookmark"
        | "page_token"
        | "pagination_token"
        | "odata_next_link"
        | "next_id"
        | "next_start"
        | "next_iterator"
        | "iterator"
        | "next_continuation_token"
        | "next_position"
        | "next_stream_position"
        | "next_page_info"
        | "last_evaluated_key"
        | "next_batch"
        | "paging_state"
        | "next_page_href"
        | "next_results"
        | "next_page_number"
        | "next_skip_token"
        | "next_start_key"
        | "next_path"
        | "next_sync_token_page"
        | "next_cursor_mark"
        | "next_state"
        | "next_scroll_id"
        | "next_pagination_token"
        | "next_starting_after"
        | "cursor_next"
        | "next_page_marker"
        | "next_index"
        | "next_start_index"
        | "next_start_at" => Tells::Next,
        "cursor" | "marker" | "pagination_key" | "end_cursor" | "page_cursor" => Tells::Next,
        "after" | "starting_after" | "token" | "key" | "start_cursor" | "after_id" | "page_key"
            if next_container || is_paging(container) =>
        {
            Tells::Next
        }
        // `next.page` is what others call `next_page`.
        "page" | "offset" | "id" | "start" | "skip" | "index" | "number" if container == "next" => {
            Tells::Next
        }
        "href" | "url" | "link" | "uri" if matches!(container, "next" | "next_page" | "next_link") => {
            Tells::Next
        }
        "last_id" => Tells::Next,
        "has_more"
        | "more"
        | "has_next"
        | "has_next_page"
        | "is_truncated"
        | "truncated"
        | "more_items"
        | "has_more_items"
        | "has_more_pages"
        | "more_results"
        | "has_more_results"
        | "next_page_exists"
        | "more_available"
        | "has_additional_pages"
        | "more_records"
        | "has_more_records"
        | "has_next_results"
        | "is_more"
        | "has_more_data"
        | "has_more_entries" => Tells::More,
        "done" | "end_of_stream" | "is_last" | "is_last_page" | "finished" | "is_end" | "exhausted"
        | "end_of_list" | "last" => Tells::Done,
        "total"
        | "total_count"
        | "total_results"
        | "total_items"
        | "total_entries"
        | "total_records"
        | "total_size"
        | "total_elements"
        | "total_number"
        | "total_rows"
        | "total_hits"
        | "result_count_total"
        | "total_filtered_count"
        | "number_of_results"
        | "total_set_size"
        | "total_available"
        | "total_matches"
        | "estimated_total_hits"
        | "item_count"
        | "total_item_count"
        | "total_result_count"
        | "total_number_of_results"
        | "count_total"
        | "num_results"
        | "num_found" => Tells::Total,
        "count" | "results" => Tells::Total,
        "total_pages"
        | "pages"
        | "page_count"
        | "num_pages"
        | "number_of_pages"
        | "last_page"
        | "pages_count"
        | "page_total"
        | "total_page_count"
        | "total_number_of_pages"
        | "max_page"
        | "pages_total" => Tells::Pages,
        _ => return None,
    })
}

/// Whether an object of that name says something of paging.
pub(in crate::infer) fn is_paging(container: &str) -> bool {
    matches!(
        container,
        "page"
            | "paging"
            | "pagination"
            | "pager"
            | "meta"
            | "metadata"
            | "cursors"
            | "cursor"
            | "page_info"
            | "response_metadata"
            | "links"
            | "pages"
            | "next"
            | "result"
            | "list_metadata"
            | "pagination_info"
            | "paging_info"
            | "page_metadata"
            | "list_meta"
            | "pagination_meta"
    )
}

/// Whether an object of that name holds links.
pub(in crate::infer) fn holds_links(container: &str) -> bool {
    matches!(container, "links" | "link" | "pages" | "urls" | "hrefs")
}

/// Names of lists and objects that an envelope has beside its records.
pub(in crate::infer) fn is_beside_records(name: &str) -> bool {
    matches!(
        canonical(name).as_str(),
        "error"
            | "errors"
            | "warning"
            | "warnings"
            | "included"
            | "links"
            | "link"
            | "failures"
            | "validation_errors"
    )
}

/// Names under which an envelope has its records, whatever they are.
pub(in crate::infer) fn is_list_name(name: &str) -> bool {
    matches!(
        canonical(name).as_str(),
        "data"
            | "items"
            | "results"
            | "records"
            | "entries"
            | "values"
            | "list"
            | "rows"
            | "content"
            | "contents"
            | "hits"
            | "elements"
            | "resources"
            | "nodes"
            | "objects"
            | "docs"
            | "documents"
            | "members"
            | "edges"
            | "value"
            | "collection"
            | "result"
            | "response"
            | "entities"
            | "matches"
            | "children"
            | "result_list"
            | "payload"
            | "body"
            | "points"
    )
}

/// Whether an object of that name is around records, and no record itself.
pub(in crate::infer) fn is_envelope(name: &str) -> bool {
    is_list_name(name)
        || is_paging(&canonical(name))
        || matches!(canonical(name).as_str(), "embedded" | "envelope" | "response_data" | "output")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_ask_by_their_names() {
        for (name, expected) in [
            ("limit", Some(Asks::Size)),
            ("page[limit]", Some(Asks::Size)),
            ("listOptions.limit", Some(Asks::Size)),
            ("filter[limit]", None),
            ("page", Some(Asks::Page)),
            ("page[number]", Some(Asks::Page)),
            ("$skip", Some(Asks::Offset)),
            ("startAt", Some(Asks::Offset)),
            ("page[cursor]", Some(Asks::Cursor)),
            ("starting_after", Some(Asks::Cursor)),
            ("page[before]", Some(Asks::Before)),
            ("updated[after]", None),
            ("created_after", None),
            ("name", None),
        ] {
            assert_eq!(asks(name), expected, "{name}");
        }
    }
}
