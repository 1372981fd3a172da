"""The benchmark's API as a tap of the Meltano Singer SDK: python singer_tap.py --config FILE"""

from singer_sdk import RESTStream, Tap
from singer_sdk import typing as th
from singer_sdk.pagination import JSONPathPaginator

TEXT = th.StringType
MOMENT = th.DateTimeType


class Contacts(RESTStream):
    name = "contacts"
    path = "/cursor"
    primary_keys = ("id",)
    records_jsonpath = "$.records[*]"
    next_page_token_jsonpath = "$.next_cursor"
    schema = th.PropertiesList(
        *(th.Property(name, TEXT) for name in ("id", "object", "email", "first_name", "last_name")),
        *(th.Property(name, TEXT) for name in ("phone", "company", "job_title", "website", "notes")),
        *(th.Property(name, th.IntegerType) for name in ("number", "balance", "owner_id")),
        th.Property("active", th.BooleanType),
        th.Property("score", th.NumberType),
        *(th.Property(name, MOMENT) for name in ("created_at", "updated_at", "closed_at")),
        th.Property(
            "address",
            th.ObjectType(
                *(th.Property(name, TEXT) for name in ("street", "city", "region", "postal_code", "country"))
            ),
        ),
        th.Property("tags", th.ArrayType(TEXT)),
        th.Property("metadata", th.ObjectType(additional_properties=TEXT)),
    ).to_dict()

    @property
    def url_base(self):
        return self.config["url"]

    def get_new_paginator(self):
        return JSONPathPaginator(self.next_page_token_jsonpath)

    def get_url_params(self, context, next_page_token):
        params = {"limit": 100}
        if next_page_token:
            params["cursor"] = next_page_token
        return params


class TapBench(Tap):
    name = "tap-bench"
    config_jsonschema = th.PropertiesList(th.Property("url", TEXT, required=True)).to_dict()

    def discover_streams(self):
        return [Contacts(self)]


if __name__ == "__main__":
    TapBench.cli()
