"""Plays the sending interfaces of the providers: takes a request only if the provider's own description of it does (Twilio's
OpenAPI file, the models of the Python libraries), writes it down, and answers as the provider would.

The first line of output is {"port": ...}. Then, a line of input each: {"ask": "send", "provider", ...} has the provider's own
library send a text to this server; {"ask": "requests"} gives what came since it was last asked. Nothing is asked of a network.

Numbers that end in 04 have opted out with the provider, those in 09 are none, those in 29 are refused once, as too fast."""

import base64
import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

import jsonschema

REQUESTS = []
LOCK = threading.Lock()
SLOWED = set()
LENGTH_MAX = 1 << 20

with open("messages.openapi.json") as file:
    OPENAPI = json.load(file)
CREATE = OPENAPI["paths"]["/2010-04-01/Accounts/{AccountSid}/Messages.json"]["post"]


def ensure(fits, problem):
    if not fits:
        raise ValueError(problem)


def check(schema, value):
    # `nullable` is OpenAPI's own, and not JSON Schema's.
    def plain(part):
        if isinstance(part, list):
            return [plain(one) for one in part]
        if not isinstance(part, dict):
            return part
        part = {name: plain(one) for name, one in part.items()}
        return {"anyOf": [{"type": "null"}, part]} if part.pop("nullable", False) else part

    schema = dict(plain(schema), components=plain(OPENAPI["components"]))
    jsonschema.Draft202012Validator(schema).validate(value)


def same(sent, read, path=""):
    """Nothing of what was sent is unknown to the model that read it."""
    if isinstance(sent, dict):
        ensure(isinstance(read, dict), f"{path} is no object")
        for name, value in sent.items():
            ensure(name in read, f"{path}/{name} is unknown")
            same(value, read[name], f"{path}/{name}")
    elif isinstance(sent, list):
        ensure(isinstance(read, list) and len(read) == len(sent), f"{path} is no array of {len(sent)}")
        for at, (one, other) in enumerate(zip(sent, read)):
            same(one, other, f"{path}/{at}")
    else:
        ensure(sent == read, f"{path} is read as {read!r}")


def basic(request):
    scheme, _, pair = request["auth"].partition(" ")
    ensure(scheme == "Basic" and b":" in base64.b64decode(pair), "no basic authentication")


class Twilio:
    def take(request):
        basic(request)
        ensure(request["type"] == "application/x-www-form-urlencoded", "no form")
        account = request["path"].split("/")[3]
        check(CREATE["parameters"][0]["schema"], account)
        fields = request["fields"]
        schema = CREATE["requestBody"]["content"]["application/x-www-form-urlencoded"]["schema"]
        ensure(fields.keys() <= schema["properties"].keys(), f"unknown among {fields.keys()}")
        check(schema, fields)
        ensure(("From" in fields) != ("MessagingServiceSid" in fields), "one of From and MessagingServiceSid")
        ensure(0 < len(fields["Body"]) <= 1600, "Body has 1 to 1,600 characters")
        return fields["To"]

    def answer(request, number):
        refusals = {
            "04": (400, 21610, "Attempt to send to unsubscribed recipient"),
            "09": (400, 21211, f"Invalid 'To' Phone Number: {number}"),
            "29": (429, 20429, "Too Many Requests"),
        }
        if refusal := refusals.get(number[-2:]):
            status, code, message = refusal
            more = f"https://www.twilio.com/docs/errors/{code}"
            return status, {"code": code, "message": message, "more_info": more, "status": status}
        examples = CREATE["responses"]["201"]["content"]["application/json"]
        answer = dict(examples["examples"]["create"]["value"], to=number, body=request["fields"]["Body"])
        check(examples["schema"], answer)
        return 201, answer

    def send(base, text):
        from twilio.rest import Client

        client = Client(text["account"], text["secret"])
        client.api.base_url = base
        sender = "messaging_service_sid" if text["from"].startswith("MG") else "from_"
        to = ("whatsapp:" if text["from"].startswith("whatsapp:") else "") + text["to"]
        client.messages.create(
            to=to, body=text["body"], status_callback=f"{text['callback']}?t={text['reference']}", **{sender: text["from"]}
        )


class Sinch:
    def take(request):
        from sinch.domains.sms.models.v1.shared.text_request import TextRequest

        ensure(request["auth"].startswith("Bearer "), "no bearer token")
        fields = request["fields"]
        same(fields, json.loads(TextRequest(**fields).model_dump_json(by_alias=True)))
        ensure(fields["type"] == "mt_text" and len(fields["to"]) == 1, "no text to one number")
        ensure(len(fields["body"]) <= 2000, "body has at most 2,000 characters")
        return fields["to"][0]

    def answer(request, number):
        # Who has opted out shows in the report alone.
        if number.endswith("09"):
            return 400, {"code": "syntax_invalid_parameter_format", "text": f"The value '{number}' is invalid for 'to'."}
        if number.endswith("29"):
            return 429, {"code": "too_many_requests", "text": "Rate limit exceeded"}
        return 201, dict(request["fields"], id="01FC66621XXXXX119Z8PMV1QPQ", canceled=False, created_at="2026-01-02T03:04:05.678Z")

    def send(base, text):
        from sinch import SinchClient

        client = SinchClient(service_plan_id=text["account"], sms_api_token=text["secret"])
        client.configuration.sms_region_with_service_plan_id = "us"
        client.configuration.sms_domain_with_service_plan_id = base
        client.sms.batches.send_sms(
            to=[text["to"]], from_=text["from"], body=text["body"], type="mt_text", client_reference=text["reference"],
            callback_url=text["callback"], delivery_report="per_recipient_final",
        )


class Infobip:
    def take(request):
        from infobip_api_client.models import SmsRequest

        ensure(request["auth"].startswith("App "), "no key")
        same(request["fields"], SmsRequest.from_dict(request["fields"]).to_dict())
        return request["fields"]["messages"][0]["destinations"][0]["to"]

    def answer(request, number):
        from infobip_api_client.models import SmsResponse

        if number.endswith("29"):
            text = {"messageId": "TOO_MANY_REQUESTS", "text": "Too many requests"}
            return 429, {"requestError": {"serviceException": text}}
        status = {
            "04": {"groupId": 5, "groupName": "REJECTED", "id": 14, "name": "REJECTED_DESTINATION", "description": "By the user"},
            "09": {"groupId": 5, "groupName": "REJECTED", "id": 52, "name": "REJECTED_DESTINATION", "description": "Invalid"},
        }.get(number[-2:], {"groupId": 1, "groupName": "PENDING", "id": 26, "name": "PENDING_ACCEPTED", "description": "Sent"})
        answer = {"bulkId": "1688025180464000013", "messages": [{"messageId": "1688", "status": status, "destination": number}]}
        same(answer, SmsResponse.from_dict(answer).to_dict())
        return 200, answer

    def send(base, text):
        from infobip_api_client import ApiClient, Configuration
        from infobip_api_client.api import SmsApi
        from infobip_api_client.models import SmsRequest

        client = ApiClient(Configuration(host=base, api_key=text["secret"]))
        message = {
            "sender": text["from"].lstrip("+"), "destinations": [{"to": text["to"].lstrip("+")}], "content": {"text": text["body"]},
            "webhooks": {"delivery": {"url": text["callback"]}, "callbackData": text["reference"]},
        }
        SmsApi(client).send_sms_messages(SmsRequest.from_dict({"messages": [message]}))


class Telnyx:
    def take(request):
        from typing import get_args, get_origin, get_type_hints

        from telnyx._utils import PropertyInfo
        from telnyx.types import MessageSendParams

        def name(field, hint):
            infos = [info for part in (hint, *get_args(hint)) for info in getattr(part, "__metadata__", ())]
            aliases = [info.alias for info in infos if isinstance(info, PropertyInfo) and info.alias]
            return aliases[0] if aliases else field

        ensure(request["auth"].startswith("Bearer "), "no bearer token")
        hints = get_type_hints(MessageSendParams, include_extras=True)
        known = {name(field, hint) for field, hint in hints.items()}
        fields = request["fields"]
        ensure(fields.keys() <= known, f"unknown: {fields.keys() - known}")
        for field, value in fields.items():
            ensure(isinstance(value, bool if field.startswith("use_") else str), f"{field} is {value!r}")
        ensure(fields["type"] == "SMS" and ("from" in fields or "messaging_profile_id" in fields), "no sender")
        return fields["to"]

    def answer(request, number):
        refusals = {
            "04": (400, "40300", "Blocked due to STOP message"),
            "09": (400, "40310", "Invalid 'to' address"),
            "29": (429, "10011", "Too many requests"),
        }
        if refusal := refusals.get(number[-2:]):
            status, code, title = refusal
            return status, {"errors": [{"code": code, "title": title, "detail": f"{title}: {number}"}]}
        to = [{"phone_number": number, "status": "queued", "carrier": "", "line_type": ""}]
        return 200, {"data": {"record_type": "message", "id": "b0c7e8cb-6227-4c74-9f32-c7f80c30934b", "to": to}}

    def send(base, text):
        from telnyx import Telnyx as Client

        sender = {"messaging_profile_id": text["from"]} if text["from"].count("-") == 4 else {"from_": text["from"]}
        Client(api_key=text["secret"], base_url=f"{base}/v2").messages.send(
            to=text["to"], text=text["body"], type="SMS", webhook_url=f"{text['callback']}?t={text['reference']}",
            use_profile_webhooks=False, **sender,
        )


class Vonage:
    def take(request):
        from vonage_sms.requests import SmsMessage

        ensure(request["type"] == "application/x-www-form-urlencoded", "no form")
        fields = dict(request["fields"])
        # Key and secret are fields, or basic authentication.
        if request["auth"]:
            basic(request)
        else:
            ensure(fields.pop("api_key", "") and fields.pop("api_secret", ""), "no key and secret")
        fields = {name: value for name, value in fields.items() if value != "None"}
        ensure(fields.get("status-report-req", "1") in ("1", "True"), "status-report-req is 1")
        names = {field.serialization_alias or name: name for name, field in SmsMessage.model_fields.items()}
        ensure(fields.keys() <= names.keys(), f"unknown: {fields.keys() - names.keys()}")
        SmsMessage(**{names[name]: value for name, value in fields.items()})
        ensure(fields["to"].isdigit() and fields["from"][0] != "+", "numbers have no +")
        return fields["to"]

    def answer(request, number):
        status, text = {
            "04": ("7", "Number barred"), "09": ("6", "The route specified is invalid"), "29": ("1", "Throughput Rate Exceeded"),
        }.get(number[-2:], ("0", ""))
        message = {"to": number, "status": status, "message-id": "0A0000000123ABCD1", "remaining-balance": "3", "network": "1"}
        if text:
            message["error-text"] = text
        return 200, {"message-count": "1", "messages": [message]}

    def send(base, text):
        from requests.adapters import HTTPAdapter
        from vonage_http_client.auth import Auth
        from vonage_http_client.http_client import HttpClient
        from vonage_sms import Sms, SmsMessage

        class Here(HTTPAdapter):
            """The library knows https alone."""

            def send(self, request, **more):
                request.url = base + urlsplit(request.url).path
                return super().send(request, **more)

        client = HttpClient(Auth(api_key=text["account"], api_secret=text["secret"]))
        client._session.mount("https://", Here())
        kind = "text" if text["body"].isascii() else "unicode"
        Sms(client).send(
            SmsMessage(
                to=text["to"].lstrip("+"), from_=text["from"].lstrip("+"), text=text["body"], type=kind,
                client_ref=text["reference"], status_report_req=True, callback=text["callback"],
            )
        )


class Consents:
    """Twilio's list of opt-outs."""

    def take(request):
        basic(request)
        items = [json.loads(value) for value in request["fields"]["Items"]]
        ensure(1 <= len(items) <= 25, "1 to 25 items")
        for item in items:
            ensure({"contact_id", "correlation_id", "sender_id", "status", "source"} <= item.keys(), f"{item}")
            ensure(item["status"] in ("opt-in", "opt-out", "re-opt-in"), "status")
            ensure(item["source"] in ("website", "offline", "opt-in-message", "opt-out-message", "others"), "source")
            ensure(len(item["correlation_id"]) == 32, "correlation_id")
        request["fields"] = {"Items": items}
        return ""

    def answer(request, number):
        items = request["fields"]["Items"]
        code = lambda item: 30646 if item["contact_id"].endswith("09") else 0
        return 201, {"items": [{"correlation_id": item["correlation_id"], "error_code": code(item)} for item in items]}


class Other:
    """One that the configuration describes."""

    def take(request):
        return str(request["fields"].get("phone", ""))

    def answer(request, number):
        if number.endswith("04"):
            return 200, {"error": {"code": "STOPPED", "text": "asked us to stop"}}
        return 200, {"message": {"id": 77}, "error": {"code": 0}}


def provider(path):
    known = {"/2010-04-01/": Twilio, "/xms/v1/": Sinch, "/sms/3/": Infobip, "/v2/": Telnyx, "/sms/json": Vonage, "/v1/Consents/Bulk": Consents}
    return next((kind for start, kind in known.items() if path.startswith(start)), Other)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self):
        length = int(self.headers["Content-Length"])
        ensure(length <= LENGTH_MAX, "a huge request")
        body = self.rfile.read(length).decode()
        kind = (self.headers["Content-Type"] or "").split(";")[0]
        if kind == "application/json":
            fields = json.loads(body)
        elif self.path.startswith("/v1/Consents"):
            fields = {"Items": [value for name, value in parse_qsl(body) if name == "Items"]}
        else:
            fields = dict(parse_qsl(body, keep_blank_values=True, strict_parsing=True))
        request = {"path": self.path, "auth": self.headers["Authorization"] or "", "type": kind, "fields": fields}
        request["headers"] = {name.lower(): value for name, value in self.headers.items()}
        playing = provider(self.path)
        try:
            number = playing.take(request)
            if number.endswith("29") and number in SLOWED:
                number = number[:-2] + "00"
            elif number.endswith("29"):
                SLOWED.add(number)
            status, answer = playing.answer(request, number)
        except Exception as error:
            request["wrong"] = f"{type(error).__name__}: {error}"
            status, answer = 400, {"wrong": request["wrong"]}
        with LOCK:
            REQUESTS.append(request)
        data = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        if status == 429:
            self.send_header("Retry-After", "1")
        self.end_headers()
        self.wfile.write(data)

    do_PUT = do_POST

    def log_message(self, *_):
        pass


def taken():
    with LOCK:
        requests, REQUESTS[:] = list(REQUESTS), []
    return requests


def main():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    base = f"http://127.0.0.1:{server.server_port}"
    print(json.dumps({"port": server.server_port}), flush=True)
    libraries = {"twilio": Twilio, "sinch": Sinch, "infobip": Infobip, "telnyx": Telnyx, "vonage": Vonage}
    for line in sys.stdin:
        asked = json.loads(line)
        try:
            if asked["ask"] == "send":
                libraries[asked["provider"]].send(base, asked)
            print(json.dumps({"requests": taken()}), flush=True)
        except Exception as error:
            print(json.dumps({"error": f"{type(error).__name__}: {error}"}), flush=True)


main()
