"""Verifies every DKIM signature of a mail with dkimpy. JSON in: {"mail": [byte], "records": {name: text}}.

JSON out: [{"domain", "selector", "algorithm", "headers", "valid", "error"}]. Keys come from "records" alone, never from DNS.
"""

import json
import re
import sys

import dkim

request = json.load(sys.stdin)
mail = bytes(request["mail"])
records = {name.rstrip(".").lower(): text for name, text in request["records"].items()}


def lookup(name, timeout=5):
    """Stands in for a TXT query; None when there is no record."""
    text = records.get(name.decode().rstrip(".").lower())
    return None if text is None else text.encode()


def tags(value):
    """The tag=value list of a signature (RFC 6376, 3.2), white space removed."""
    pairs = (part.split(b"=", 1) for part in value.split(b";") if b"=" in part)
    return {key.strip().decode(): re.sub(rb"\s+", b"", text).decode() for key, text in pairs}


signatures = [value for name, value in dkim.rfc822_parse(mail)[0] if name.lower() == b"dkim-signature"]
results = []
for index, value in enumerate(signatures):
    found = tags(value)
    error = None
    try:
        valid = dkim.DKIM(mail, minkey=1024).verify(idx=index, dnsfunc=lookup)
    except dkim.DKIMException as exception:
        valid, error = False, f"{type(exception).__name__}: {exception}"
    results.append(
        {
            "domain": found.get("d", ""),
            "selector": found.get("s", ""),
            "algorithm": found.get("a", ""),
            "headers": [name.lower() for name in found.get("h", "").split(":") if name],
            "valid": bool(valid),
            "error": error,
        }
    )
json.dump(results, sys.stdout)
