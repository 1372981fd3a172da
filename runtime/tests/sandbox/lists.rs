//! Lists: each way of paging, sizes, ends and cursors.

use super::*;

fn paged() -> impl Iterator<Item = &'static Operation> {
    CONTRACT.operations.iter().copied().filter(|operation| operation.paging.is_some())
}

#[tokio::test]
async fn every_strategy_serves_each_record_once() {
    for records in [0, 1, 10, 20, 23] {
        let (_sandbox, base, _) = sandbox(|options| options.records = records).await;
        for operation in paged() {
            let pages = walk(&base, operation, "?limit=10").await;
            let mut ids = ids(&pages);
            assert_eq!(ids.len() as u64, records, "{} of {records} records", operation.id);
            ids.sort();
            ids.dedup();
            assert_eq!(ids.len() as u64, records, "{} of {records} records, without doubles", operation.id);
            let expected = records.div_ceil(10).max(1);
            assert_eq!(pages.len() as u64, expected, "{} of {records} records: pages", operation.id);
        }
    }
}

#[tokio::test]
async fn the_runtimes_client_reads_every_strategy_through_faults() {
    let plan = "429:5,503:7,reset:11,truncate:13";
    let (sandbox, base, clock) = sandbox(|options| {
        options.records = 90;
        options.faults = plan.parse().unwrap();
    })
    .await;
    let config = Config::from_pairs(&CONTRACT, sandbox.config()).unwrap();
    let client = Client::builder(&CONTRACT)
        .config(config)
        .clock(Arc::new(clock.with_real_timers()))
        .build()
        .unwrap_or_else(|error| panic!("{base}: {error}"));
    for operation in paged() {
        let mut records = client.records::<Value>(Request::new(operation));
        let mut ids = Vec::new();
        while let Some(record) = records.next().await {
            let record = record.unwrap_or_else(|error| panic!("{}: {error}", operation.id));
            ids.push(record["id"].to_string());
        }
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), 90, "{}", operation.id);
    }
    let faults = sandbox.statistics().faults;
    assert_eq!(faults.len(), 4, "each fault came: {faults:?}");
}

#[tokio::test]
async fn records_created_while_paging_by_token_double_and_lose_nothing() {
    let (sandbox, base, _) = sandbox(|options| options.records = 30).await;
    let first = get(&format!("{base}/things?limit=10")).await.json();
    let last = first["data"][9]["id"].as_str().unwrap().to_owned();
    assert_eq!(sandbox.grow("things", 5), Some(35));
    let second = get(&format!("{base}/things?limit=10&starting_after={last}")).await.json();
    assert_eq!(first["data"][0]["id"], "thing_0000000030", "newest first");
    assert_eq!(second["data"][0]["id"], "thing_0000000020", "the page after, whatever came before the first");
    let newest = get(&format!("{base}/things?limit=1")).await.json();
    assert_eq!(newest["data"][0]["id"], "thing_0000000035");
}

#[tokio::test]
async fn the_size_is_heeded_up_to_the_largest() {
    let (_sandbox, base, _) = sandbox(|options| options.records = 500).await;
    for (query, expected) in
        [("", 30), ("?limit=7", 7), ("?limit=100", 100), ("?limit=1000", 100), ("?limit=0", 1)]
    {
        let body = get(&format!("{base}/offsets{query}")).await.json();
        assert_eq!(body["items"].as_array().unwrap().len(), expected, "query `{query}`");
    }
}

#[tokio::test]
async fn the_end_is_told_as_the_shape_allows() {
    let (_sandbox, base, _) = sandbox(|options| options.records = 5).await;
    let table = [
        ("/items.json", "meta", json!({ "has_more": false, "after": null })),
        ("/nested", "paging", Value::Null),
        ("/urls", "next_page", json!("")),
        ("/urls", "end_of_stream", json!(true)),
        ("/numbered", "total", json!(5)),
        ("/numbered", "pages", json!(1)),
    ];
    for (path, key, expected) in table {
        assert_eq!(get(&format!("{base}{path}")).await.json()[key], expected, "`{key}` of {path}");
    }
    let nested = get(&format!("{base}/nested")).await.json();
    assert_eq!(nested.get("paging"), None, "an object that can be left out is left out");
    let links = get(&format!("{base}/links")).await;
    assert_eq!(links.header("link"), None, "one page has no links");
    let links = get(&format!("{base}/links?limit=2&page=2")).await;
    let expected = format!(
        "<{base}/links?limit=2&page=1>; rel=\"prev\", <{base}/links?limit=2&page=3>; rel=\"next\", \
         <{base}/links?limit=2&page=3>; rel=\"last\", <{base}/links?limit=2&page=1>; rel=\"first\""
    );
    assert_eq!(links.header("link"), Some(expected.as_str()));
}

#[tokio::test]
async fn the_cursor_parameter_filters_inclusively() {
    let (_sandbox, base, _) = sandbox(|options| options.records = 50).await;
    let all = walk(&base, &contract::LIST_ITEMS, "?limit=20").await.concat();
    let stamps: Vec<&str> = all.iter().map(|record| record["updated_at"].as_str().unwrap()).collect();
    assert!(stamps.is_sorted(), "{stamps:?}");
    assert!(stamps.windows(2).any(|pair| pair[0] == pair[1]), "some stamps collide: {stamps:?}");
    for start in [0, 21, 22, 49] {
        let since = stamps[start];
        let expected = all.iter().filter(|record| record["updated_at"].as_str().unwrap() >= since).count();
        let items = walk(&base, &contract::LIST_ITEMS, &format!("?limit=20&since={since}")).await;
        assert_eq!(ids(&items).len(), expected, "since {since}");
        let second = since.parse::<jiff::Timestamp>().unwrap().as_second();
        let urls = walk(&base, &contract::LIST_URLS, &format!("?limit=20&start_time={second}")).await;
        assert_eq!(ids(&urls), ids(&items), "start_time {second}");
    }
    let things = walk(&base, &contract::LIST_THINGS, "?limit=20").await.concat();
    let created: Vec<i64> = things.iter().map(|thing| thing["created"].as_i64().unwrap()).collect();
    assert!(created.iter().rev().is_sorted(), "newest first: {created:?}");
    let since = created[10];
    let expected = created.iter().filter(|second| **second >= since).count();
    let newer = walk(&base, &contract::LIST_THINGS, &format!("?limit=20&created[gte]={since}")).await;
    assert_eq!(ids(&newer).len(), expected, "created[gte]={since}");
}

#[tokio::test]
async fn a_key_can_be_the_cursor() {
    let (_sandbox, base, _) = sandbox(|options| options.records = 50).await;
    let pages = walk(&base, &contract::LIST_OFFSETS, "?limit=5&min_id=41").await;
    let expected: Vec<String> = (41..=50).map(|id| id.to_string()).collect();
    assert_eq!(ids(&pages), expected);
}

#[tokio::test]
async fn a_list_without_pages_serves_all_it_has() {
    let (sandbox, base, _) = sandbox(|options| options.records = 1_000_000).await;
    let body = get(&format!("{base}/labels")).await.json();
    assert_eq!(body["labels"].as_array().map(Vec::len), Some(100), "no more than the largest page");
    assert_eq!(sandbox.count("labels"), Some(100));
    let label = &body["labels"][41];
    let name = label["name"].as_str().unwrap();
    assert_eq!(&get(&format!("{base}/labels/{name}")).await.json(), label, "read by the name in its path");
    get(&format!("{base}/others/anybody")).await;
}
