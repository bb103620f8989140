# Segment's own client for Python: python python.py <collector> <key>

import json
import pathlib
import sys

from segment.analytics.client import Client

host, write_key = sys.argv[1:3]
said = json.loads(pathlib.Path(__file__).with_name("calls.json").read_text())
times, last = said["then"]
names = {"userId": "user_id", "anonymousId": "anonymous_id", "groupId": "group_id", "previousId": "previous_id"}
errors = []
client = Client(
    write_key,
    host=host,
    gzip=True,
    upload_size=12,
    upload_interval=0.1,
    max_retries=10,
    on_error=lambda error, batch: errors.append(error),
)
for method, message in said["calls"] + [last] * times:
    getattr(client, method)(**{names.get(name, name): value for name, value in message.items()})
client.shutdown()
if errors:
    sys.exit(f"not everything was sent: {errors}")
