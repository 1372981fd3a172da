"""The benchmark's API as a `rest_api_source` of dlt, read to its end: python dlt_read.py URL"""

import sys

from dlt.sources.rest_api import rest_api_source

source = rest_api_source(
    {
        "client": {"base_url": sys.argv[1] + "/"},
        "resources": [
            {
                "name": "contacts",
                "primary_key": "id",
                "endpoint": {
                    "path": "cursor",
                    "params": {"limit": 100},
                    "data_selector": "records",
                    "paginator": {
                        "type": "cursor",
                        "cursor_path": "next_cursor",
                        "cursor_param": "cursor",
                    },
                },
            }
        ],
    }
)

count = 0
for _ in source.resources["contacts"]:
    count += 1
print('{"records":%d}' % count)
