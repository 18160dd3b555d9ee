"""Each request its own Idempotency-Key, as a client would: the generator repeats itself, and then 422 is right."""

import uuid

import schemathesis


@schemathesis.hook
def before_call(context, case, kwargs):
    headers = case.headers or {}
    key = headers.get("Idempotency-Key")
    if key and len(key) <= 128 and all("!" <= letter <= "~" for letter in key):
        case.headers["Idempotency-Key"] = str(uuid.uuid4())
