"""Signs webhooks as providers of text messages do, with the providers' own libraries; where a library can only check a
signature, it is asked whether it accepts what was signed here. Input, on one line each: {"provider": ..., "secret", "body", ...};
output, on one line each: {"headers": {...}} or {"error"}. Nothing is asked of a network."""

import base64
import hashlib
import hmac
import json
import sys
import time


def twilio(request):
    from twilio.request_validator import RequestValidator

    validator = RequestValidator(request["secret"])
    url, fields, body = request["url"], request.get("fields"), request.get("body", "")
    signature = validator.compute_signature(url, fields or {})
    if not validator.validate(url, fields if fields is not None else body, signature):
        raise ValueError("Twilio's library refuses it")
    return {"X-Twilio-Signature": signature}


def sinch(request):
    from sinch.domains.authentication.sinch_events.v1 import authentication_validation as library

    nonce, timestamp = "01FJA8B4A7BM43YGWSG9GBV067", str(request["at"])
    signed = library.compute_signed_data(request["body"], nonce, timestamp)
    headers = {
        "x-sinch-webhook-signature": library.calculate_sinch_event_signature(signed, request["secret"]),
        "x-sinch-webhook-signature-nonce": nonce,
        "x-sinch-webhook-signature-timestamp": timestamp,
        "x-sinch-webhook-signature-algorithm": "HmacSHA256",
    }
    if not library.validate_sinch_event_signature_with_nonce(request["secret"], headers, request["body"]):
        raise ValueError("Sinch's library refuses it")
    return headers


def telnyx_key(request):
    from nacl.signing import SigningKey

    return SigningKey(hashlib.sha256(request["secret"].encode()).digest())


def telnyx(request):
    from telnyx import Telnyx

    key, timestamp = telnyx_key(request), str(request["at"])
    signature = key.sign(f"{timestamp}|{request['body']}".encode()).signature
    headers = {
        "telnyx-signature-ed25519": base64.b64encode(signature).decode(),
        "telnyx-timestamp": timestamp,
    }
    # The library compares with its own clock.
    if abs(time.time() - request["at"]) < 200:
        client = Telnyx(api_key="none", public_key=base64.b64encode(bytes(key.verify_key)).decode())
        client.webhooks.unwrap(request["body"], headers=headers)
    return headers


def vonage(request):
    import jwt
    from vonage_jwt import verify_signature

    digest = hashlib.sha256(request["body"].encode()).hexdigest()
    claims = {"iss": "Vonage", "iat": request["at"], "jti": "1", "api_key": "a", "payload_hash": digest}
    token = jwt.encode(claims, request["secret"], algorithm="HS256")
    if not verify_signature(token, request["secret"]):
        raise ValueError("Vonage's library refuses it")
    return {"Authorization": f"Bearer {token}"}


def vonage_fields(request):
    from vonage_http_client.auth import Auth

    fields = dict(request["fields"], timestamp=str(request["at"]))
    auth = Auth(api_key="a", signature_secret=request["secret"], signature_method="sha256")
    fields["sig"] = auth.sign_params(dict(fields))
    if not auth.check_signature(dict(fields)):
        raise ValueError("Vonage's library refuses it")
    return {"fields": fields}


def meta(request):
    digest = hmac.new(request["secret"].encode(), request["body"].encode(), "sha256").hexdigest()
    return {"X-Hub-Signature-256": f"sha256={digest}"}


def public_key(request):
    return {"key": base64.b64encode(bytes(telnyx_key(request).verify_key)).decode()}


PROVIDERS = {f.__name__: f for f in (twilio, sinch, telnyx, vonage, vonage_fields, meta, public_key)}

for line in sys.stdin:
    asked = json.loads(line)
    try:
        print(json.dumps({"signed": PROVIDERS[asked["provider"]](asked)}), flush=True)
    except Exception as error:
        print(json.dumps({"error": f"{type(error).__name__}: {error}"}), flush=True)
