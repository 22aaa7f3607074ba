"""Makes calls with botocore, whose service models are not the AWS SDK's for JavaScript.

A line of input is a JSON object: service, operation, input, credentials (null: unsigned). Bytes are {"$bytes": base64}.
A line of output holds the answer, with bytes as base64 and times as ISO 8601; or an error; or "unknown".
"""
import base64
import datetime
import json
import sys

import botocore.model
import botocore.session
from botocore import UNSIGNED, xform_name
from botocore.config import Config
from botocore.exceptions import ClientError, ParamValidationError

endpoint, region, *first = sys.argv[1:]
# Of a service's protocols botocore takes the first of its own list; one more argument takes another before it.
botocore.model.PRIORITY_ORDERED_SUPPORTED_PROTOCOLS = (
    *first,
    *botocore.model.PRIORITY_ORDERED_SUPPORTED_PROTOCOLS,
)
session = botocore.session.Session()
clients = {}


def client_of(service, credentials):
    key = json.dumps([service, credentials])
    if key not in clients:
        settings = {"retries": {"total_max_attempts": 1}, "user_agent_extra": "kiban-conformance"}
        if credentials is None:
            settings["signature_version"] = UNSIGNED
        given = credentials or {}
        clients[key] = session.create_client(
            service,
            region_name=region,
            endpoint_url=endpoint,
            aws_access_key_id=given.get("accessKeyId", "-"),
            aws_secret_access_key=given.get("secretAccessKey", "-"),
            aws_session_token=given.get("sessionToken"),
            config=Config(**settings),
        )
    return clients[key]


def decoded(value):
    return base64.b64decode(value["$bytes"]) if "$bytes" in value else value


def encoded(value):
    if isinstance(value, datetime.datetime):
        return value.isoformat()
    content = value if isinstance(value, (bytes, bytearray)) else value.read()
    return base64.b64encode(content).decode()


def made(request):
    client = client_of(request["service"], request["credentials"])
    operation = getattr(client, xform_name(request["operation"]), None)
    if operation is None:
        return {"unknown": f"no operation {request['operation']}"}
    try:
        answer = operation(**request["input"])
    except ClientError as error:
        found = error.response["Error"]
        return {"code": found["Code"], "message": found.get("Message", "")}
    except ParamValidationError as error:
        return {"unknown": str(error)}
    answer.pop("ResponseMetadata")
    # It asks for keys in the encoding `url` and undoes it by itself.
    answer.pop("EncodingType", None)
    return {"answer": answer}


for line in sys.stdin:
    print(json.dumps(made(json.loads(line, object_hook=decoded)), default=encoded), flush=True)
