//! What names and prose of documents say of paging, by the conventions that APIs share. Nothing here knows a vendor.

/// What a parameter asks for, by its name alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Asks {
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
pub(super) enum Tells {
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

/// The words of a name in small letters, whatever separates them: `pageSize`, `page[size]` and `Page-Size` are the same.
pub(super) fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut word = String::new();
    let mut before: Option<char> = None;
    let mut rest = name.chars().peekable();
    while let Some(character) = rest.next() {
        if !character.is_alphanumeric() {
            words.extend(Some(std::mem::take(&mut word)).filter(|word| !word.is_empty()));
        } else {
            let lower_next = rest.peek().is_some_and(|next| next.is_lowercase());
            let begins = character.is_uppercase()
                && before.is_some_and(|before| {
                    before.is_lowercase() || before.is_ascii_digit() || (before.is_uppercase() && lower_next)
                });
            if begins {
                words.extend(Some(std::mem::take(&mut word)).filter(|word| !word.is_empty()));
            }
            word.extend(character.to_lowercase());
        }
        before = Some(character);
    }
    words.extend(Some(word).filter(|word| !word.is_empty()));
    words
}

/// The words of a name with `_` between them.
pub(super) fn canonical(name: &str) -> String {
    words(name).join("_")
}

/// The last part of a name that has parts in brackets or behind dots, and whether the parts before are about paging: `page[size]`,
/// `listOptions.limit`.
fn parts(name: &str) -> (String, Option<String>) {
    let mut parts =
        name.split(['[', '.']).map(|part| part.trim_end_matches(']')).filter(|part| !part.is_empty()).rev();
    let last = parts.next().map(canonical).unwrap_or_default();
    (last, parts.next().map(canonical))
}

/// The last part of a name in small letters: `next_record_id` of `page[next_record_id]`.
pub(super) fn own(name: &str) -> String {
    parts(name).0
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
pub(super) fn asks(name: &str) -> Option<Asks> {
    let (last, container) = parts(name);
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
        | "row_count" | "limits" => Asks::Size,
        "page" | "page_number" | "pagenumber" | "page_num" | "page_no" | "pageno" | "page_index"
        | "current_page" | "pg" | "p" | "page_nr" | "page_idx" | "pagenum" => Asks::Page,
        "offset" | "skip" | "start" | "start_index" | "startindex" | "start_at" | "startat"
        | "start_position" | "start_offset" | "page_offset" | "first_result" | "start_row" | "from_index"
        | "record_offset" | "result_offset" | "from" | "start_record" | "begin_index" => Asks::Offset,
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
        | "scroll_token" => Asks::Cursor,
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
pub(super) fn takes_token(name: &str, prose: &str) -> bool {
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

/// Whether a parameter takes an identifier of a record, by its name, where the answer gives no token.
pub(super) fn is_record_id(name: &str) -> bool {
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
pub(super) fn tells(path: &[String]) -> Option<Tells> {
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
pub(super) fn is_paging(container: &str) -> bool {
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
pub(super) fn holds_links(container: &str) -> bool {
    matches!(container, "links" | "link" | "pages" | "urls" | "hrefs")
}

/// Names of lists and objects that an envelope has beside its records.
pub(super) fn is_beside_records(name: &str) -> bool {
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
pub(super) fn is_list_name(name: &str) -> bool {
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
pub(super) fn is_envelope(name: &str) -> bool {
    is_list_name(name)
        || is_paging(&canonical(name))
        || matches!(canonical(name).as_str(), "embedded" | "envelope" | "response_data" | "output")
}

/// A word in the singular, roughly: enough to compare names.
pub(super) fn singular(word: &str) -> String {
    for (end, instead) in
        [("ies", "y"), ("sses", "ss"), ("xes", "x"), ("ches", "ch"), ("shes", "sh"), ("zes", "z")]
    {
        if let Some(stem) = word.strip_suffix(end).filter(|stem| stem.len() > 1) {
            return format!("{stem}{instead}");
        }
    }
    match word.strip_suffix('s').filter(|stem| stem.len() > 1 && !stem.ends_with(['s', 'u', 'i'])) {
        Some(stem) => stem.to_owned(),
        None => word.to_owned(),
    }
}

/// Whether two names mean the same thing, one or several of it.
pub(super) fn same_thing(one: &str, other: &str) -> bool {
    let read = |name: &str| words(name).iter().map(|word| singular(word)).collect::<Vec<_>>();
    let (one, other) = (read(one), read(other));
    !one.is_empty() && one == other
}

/// Small letters, for looking words up.
pub(super) fn prose(text: Option<&str>) -> String {
    text.unwrap_or_default().to_lowercase()
}

/// Whether prose has one of these words or phrases. Words are whole.
pub(super) fn says(prose: &str, phrases: &[&str]) -> bool {
    phrases.iter().any(|phrase| {
        let mut from = 0;
        while let Some(at) = prose.get(from..).and_then(|rest| rest.find(phrase)).map(|at| at + from) {
            let end = at + phrase.len();
            let before = prose.get(..at).and_then(|text| text.chars().next_back());
            let after = prose.get(end..).and_then(|text| text.chars().next());
            let apart = |next: Option<char>| next.is_none_or(|next| !next.is_alphanumeric());
            if apart(before) && apart(after) {
                return true;
            }
            from = end;
        }
        false
    })
}

/// Whether a value is about time, as filters are.
pub(super) fn about_time(format: &str, prose: &str) -> bool {
    matches!(format, "date" | "date-time" | "time" | "unix-time" | "unixtime" | "timestamp")
        || says(
            prose,
            &[
                "date",
                "dates",
                "datetime",
                "timestamp",
                "timestamps",
                "iso 8601",
                "iso8601",
                "iso-8601",
                "unix",
                "epoch",
                "rfc3339",
                "rfc 3339",
                "time",
                "seconds",
                "milliseconds",
                "utc",
                "yyyy-mm-dd",
            ],
        )
}

/// Whether prose says that something is a URL.
pub(super) fn about_url(prose: &str) -> bool {
    says(prose, &["url", "urls", "uri", "link", "links", "href", "http", "https", "hyperlink"])
}

/// The greatest value that prose allows: `maximum of 100`, `up to 100`, `between 1 and 100`, `1-100`, `(max: 100)`.
pub(super) fn maximum(prose: &str) -> Option<u64> {
    let tokens = tokens(prose);
    let number = |at: usize| tokens.get(at).and_then(|token| token.number);
    let word = |at: usize| tokens.get(at).map_or("", |token| token.text.as_str());
    let mut found = None;
    for at in 0..tokens.len() {
        let here = match word(at) {
            // `the maximum number of results to return: 100 by default` says no maximum.
            "max" | "maximum" | "most" | "exceed" | "exceeds" | "exceeding" => {
                let mut after = (at + 1..(at + 7).min(tokens.len())).filter(|at| number(*at).is_some());
                after.next().filter(|next| {
                    let between = (at + 1..*next).map(word);
                    let mut between = between.filter(|word| {
                        matches!(
                            *word,
                            "default"
                                | "defaults"
                                | "minimum"
                                | "min"
                                | "return"
                                | "returned"
                                | "returns"
                                | "."
                        )
                    });
                    between.next().is_none() && !is_default(&tokens, *next)
                })
            }
            "to" if word(at.wrapping_sub(1)) == "up" || word(at.wrapping_sub(1)) == "equal" => Some(at + 1),
            "than" if matches!(word(at.wrapping_sub(1)), "more" | "greater" | "larger") => Some(at + 1),
            "and" if number(at.wrapping_sub(1)).is_some() && word(at.wrapping_sub(2)) == "between" => {
                Some(at + 1)
            }
            "to" | "-" | "–" | "and" if number(at.wrapping_sub(1)).is_some_and(|low| low <= 1) => {
                Some(at + 1)
            }
            "<=" | "≤" => Some(at + 1),
            _ => None,
        };
        let here = here.and_then(number).filter(|number| *number > 1);
        found = found.or(here);
    }
    found
}

fn is_default(tokens: &[Token], at: usize) -> bool {
    let word = |at: usize| tokens.get(at).map_or("", |token| token.text.as_str());
    word(at + 1) == "by" && word(at + 2) == "default"
}

/// The value that prose says is taken where none is given.
pub(super) fn default(prose: &str) -> Option<u64> {
    let tokens = tokens(prose);
    let at = tokens
        .iter()
        .position(|token| matches!(token.text.as_str(), "default" | "defaults" | "defaulted"))?;
    tokens.iter().skip(at + 1).take(5).find_map(|token| token.number)
}

struct Token {
    text: String,
    number: Option<u64>,
}

/// Words, numbers and signs. Thousands may have commas.
fn tokens(prose: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut rest = prose.chars().peekable();
    while let Some(first) = rest.next() {
        if first.is_whitespace()
            || matches!(first, '`' | '*' | '"' | '\'' | '(' | ')' | ':' | '[' | ']' | '=')
        {
            continue;
        }
        let mut text = String::from(first);
        if first.is_ascii_digit() {
            while let Some(next) = rest.next_if(|next| next.is_ascii_digit() || *next == ',' || *next == '_')
            {
                text.push(next);
            }
            let digits: String = text.chars().filter(char::is_ascii_digit).collect();
            // `100ms`, `1h` and `2.5` are no counts of records.
            let plain = rest.peek().is_none_or(|next| !next.is_alphabetic());
            tokens.push(Token { number: digits.parse().ok().filter(|_| plain), text });
        } else if first.is_alphanumeric() {
            while let Some(next) = rest.next_if(|next| next.is_alphanumeric()) {
                text.push(next);
            }
            tokens.push(Token { text, number: None });
        } else {
            text.extend(rest.next_if(|next| matches!((first, next), ('<' | '>', '='))));
            tokens.push(Token { text, number: None });
        }
    }
    tokens
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_whatever_separates_their_words() {
        for (name, expected) in [
            ("pageSize", "page_size"),
            ("page[size]", "page_size"),
            ("PageSize", "page_size"),
            ("$top", "top"),
            ("@odata.nextLink", "odata_next_link"),
            ("startAt", "start_at"),
            ("next-page_token", "next_page_token"),
            ("nextURL", "next_url"),
            ("URLNext", "url_next"),
            ("", ""),
            ("_", ""),
        ] {
            assert_eq!(canonical(name), expected, "{name}");
        }
    }

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

    #[test]
    fn prose_says_how_much_is_allowed() {
        for (text, most, usual) in [
            ("the number of items to return. default: 20. minimum: 1. maximum: 50.", Some(50), Some(20)),
            (
                "a limit on the number of objects, between 1 and 100, and the default is 10.",
                Some(100),
                Some(10),
            ),
            ("results per page (max 100)", Some(100), None),
            ("up to 1,000 records", Some(1000), None),
            ("cannot exceed `200`", Some(200), None),
            ("page size, 1-250", Some(250), None),
            ("maximum number of results to return", None, None),
            ("the maximum number of results to return. default 25", None, Some(25)),
            ("must be less than or equal to 500", Some(500), None),
            ("no more than 100", Some(100), None),
            ("waits at most 30s", None, None),
            ("", None, None),
        ] {
            assert_eq!((maximum(text), default(text)), (most, usual), "{text}");
        }
    }

    #[test]
    fn one_of_something_is_the_same_as_several() {
        for (one, other, same) in [
            ("tickets", "ticket", true),
            ("categories", "Category", true),
            ("boxes", "box", true),
            ("status", "status", true),
            ("payment_intents", "paymentIntent", true),
            ("users", "groups", false),
            ("", "", false),
        ] {
            assert_eq!(same_thing(one, other), same, "{one} {other}");
        }
    }
}
