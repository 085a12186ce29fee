"""A shop: tells what was chosen at the checkout, asks before it sends, looks the person up. Standard library only.

    CONSENTRY_URL=http://127.0.0.1:8025 CONSENTRY_KEY=cst_live_... python3 shop.py ann@example.com +14155550101
"""
import json, os, sys, time, urllib.error, urllib.request

URL, KEY = os.environ["CONSENTRY_URL"] + "/api/v1", os.environ["CONSENTRY_KEY"]


def call(path, body, name=None):
    """Sends again until it is answered: with a name, nothing is recorded twice."""
    headers = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"}
    if name:
        headers["Idempotency-Key"] = name
    for attempt in range(60):
        request = urllib.request.Request(URL + path, json.dumps(body).encode(), headers, method="POST")
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            if error.code not in (409, 429, 503):
                raise SystemExit(error.read().decode())
        except (urllib.error.URLError, ConnectionError):
            pass
        time.sleep(1)
    raise SystemExit("the server doesn't answer")


email, phone = sys.argv[1:3]
order = f"order-{email}"
told = call("/consent-events", {"events": [
    {"address": email, "source": "checkout", "choices": [{"choice": "y"}]},
    {"address": phone, "source": "checkout", "choices": [{"choice": "n"}]},
]}, name=order)
asked = call("/decisions", {
    "channel": "sms", "recipients": [{"address": phone}], "atLeastAsFresh": told["consistencyToken"],
})
print("promo by SMS:", asked["decisions"][0]["decision"], asked["decisions"][0]["reason"])
person = call("/profiles/lookup", {"address": email})
print("email since", person["history"][0]["receivedAt"], "from", person["history"][0]["source"])
