# SPDX-License-Identifier: Apache-2.0
"""Rows 7, 8 and 17 to 21: which cluster, which route, which method a request means has one answer."""
import gzip

import pytest

SUBMIT = "/team/ray/api/jobs/"
JSON = "Content-Type: application/json"
BODY = b'{"entrypoint":"true"}'


@pytest.mark.parametrize("request_line,statuses", [
    ("GET /team/ray/api/version#x HTTP/1.1", (400,)), ("GET http://other.example/team/ray/api/version HTTP/1.1", (400,)),
    ("GET http://127.0.0.1/team/ray/api/version HTTP/1.1", (400,)), ("GET 127.0.0.1:80 HTTP/1.1", (400,)), ("GET * HTTP/1.1", (400, 405)),
    ("OPTIONS * HTTP/1.1", (400, 405)), ("CONNECT 127.0.0.1:8265 HTTP/1.1", (400, 405)), ("TRACE /team/ray/ HTTP/1.1", (405,)),
])
def test_only_the_origin_form_is_served(target, request_line, statuses):
    target.refuses(f"{request_line}\r\nHost: 127.0.0.1\r\n{target.auth()}\r\n\r\n".encode(), *statuses)


@pytest.mark.parametrize("hosts", [
    (), ("127.0.0.1", "127.0.0.1"), ("127.0.0.1", "other.example"), ("user@127.0.0.1",), ("127.0.0.1, other.example",), ("127.0.0.1:x",),
    ("127.0.0.1:",), ("127.0.0.1:99999",), ("127.0.0.1/",), ("",), ("[::1",), ("127.0.0.1:80:80",),
])
def test_a_host_that_is_not_exactly_one_is_refused(target, hosts):
    lines = "".join(f"Host: {host}\r\n" for host in hosts)
    target.refuses(f"GET /team/ray/api/version HTTP/1.1\r\n{lines}{target.auth()}\r\n\r\n".encode(), 400)


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.2", "ray.example.evil.example", "xray.example", "169.254.169.254"])
def test_another_host_is_misdirected(target, host):
    target.refuses(target.request(host=host), 421, closes=False)


@pytest.mark.parametrize("host", ["RAY.Example", "ray.example.", "ray.example:8443", "localhost"])
def test_the_own_names_are_served_however_written(target, host):
    assert target.passes(target.request("GET", "/team/ray/timezone", host=host)).startswith(b"GET /timezone HTTP/1.1\r\n")


@pytest.mark.parametrize("path", [
    "/team/ray/../ray2/api/version", "/team/ray/%2e%2e/ray2/api/version", "/team/ray/.%2e/ray2/api/version", "/team/ray/%2E./ray2/api/version",
    "/team/ray/api%2fversion", "/team/ray/api%5cversion", "/team/ray/api\\version", "/team/ray//api/version", "//team/ray/api/version",
    "/team/ray/./api/version", "/team/ray/api;x/version", "/team/ray/..;/ray2/api/version", "/team/ray/api/version%00", "/team/ray/%252e%252e/ray2",
    "/team/ray/%c0%ae%c0%ae/ray2", "/team/ray/%u002e/ray2", "/team/ray/api/version%", "/team/ray/api/version%2", "/team/ray/api/version%zz",
    "/team/ray/%61pi/version", "/team/ray/api/jobs/x%2F..%2Fvictim", "/team/ray/api/jobs/..", "/team/ray/api/jobs/%2e%2e", "/team/ray/api/jobs/a%0ab",
    "/team/ray/api/jobs/.hidden", "/team/ray/api/jobs/" + "a" * 129,
])
def test_a_path_that_programs_read_differently_is_refused(target, path):
    target.refuses(target.request("GET", path, user="ada"), 400, 404, closes=False)


@pytest.mark.parametrize("path", [
    "/team/ra/api/version", "/team/ray3/api/version", "/team/ray%2f..%2fray2/api/version", "/TEAM/ray/api/version", "/team/RAY/api/version",
    "/team/ray./api/version", "/tea/m/ray/api/version", "/team/ray/..%2f..%2fteam/ray2/api/version", "/secret/ray/api/version", "/secret/ray",
    "/-/../team/ray/api/version", "/team%2fray/api/version", "/api/version", "/static/x", "/team/-/api/version",
])
def test_the_edges_of_a_prefix_lead_to_no_cluster(target, path):
    target.refuses(target.request("GET", path, user="ada"), 400, 404, closes=False)


def test_a_cluster_that_is_not_open_looks_like_none(target):
    hidden = target.refuses(target.request("GET", "/secret/ray/api/version"), 404, closes=False)
    absent = target.refuses(target.request("GET", "/absent/ray/api/version"), 404, closes=False)
    assert hidden.body == absent.body


@pytest.mark.parametrize("path,lines", [
    ("/team/ray/api/jobs/?path=/healthz", ()), ("/team/ray/api/jobs/?/healthz", ()), ("/team/ray/api/jobs/", ("User-Agent: kube-probe/1.30",)),
    ("/team/ray/static/x", ()), ("/team/ray/", ()), ("/team/ray", ()), ("/team/ray/api/gcs_healthz", ()), ("/team/ray/favicon.ico", ()),
    ("/", ()), ("/-/clusters", ()), ("/team/ray/api/authentication_mode", ()),
])
def test_nothing_is_open_to_strangers_by_its_looks(target, path, lines):
    target.refuses(target.request("GET", path, *lines, user=None), 401, closes=False)


@pytest.mark.parametrize("method", ["get", "Get", "gEt"])
def test_methods_are_upper_case(target, method):
    target.refuses(target.request(method, "/team/ray/api/version"), 400)


@pytest.mark.parametrize("method", ["GETX", "PROPFIND", "PATCH", "MKCOL", "DELETE"])
def test_a_method_that_a_route_does_not_have_is_refused(target, method):
    target.refuses(target.request(method, "/team/ray/api/version", user="ada"), 405, closes=False)


@pytest.mark.parametrize("path", [
    "/api/actors/kill?actor_id=x", "/worker/traceback?pid=1", "/worker/cpu_profile?pid=1", "/memory_profile", "/test/dump", "/api/v0/delay/1",
    "/nope",
])
def test_head_meets_the_authority_of_get(target, path):
    target.refuses(target.request("HEAD", f"/team/ray{path}", user="vera"), 403, 404, 405, closes=False)


@pytest.mark.parametrize("user", [None, "ada"])
def test_a_preflight_is_never_forwarded(target, user):
    lines = ("Origin: https://evil.example", "Access-Control-Request-Method: POST")
    answer = target.refuses(target.request("OPTIONS", SUBMIT, *lines, user=user), 401, 403, 405, closes=False)
    assert not [name for name in answer.fields if name.startswith("access-control-")]


@pytest.mark.parametrize("path", ["/test/dump", "/api/v0/delay/5", "/report_events", "/api/authenticate", "/api/task_events", "/nope", "/api/jobs"])
@pytest.mark.parametrize("method", ["GET", "POST", "HEAD", "PUT"])
def test_internal_and_unknown_routes_are_closed_to_admins(target, path, method):
    target.refuses(target.request(method, f"/team/ray{path}", user="ada"), 400, 403, 404, 405, closes=False)


@pytest.mark.parametrize("path", ["/nodes", "/api/version", "/api/v0/tasks", "/events"])
def test_a_read_route_takes_no_post(target, path):
    target.refuses(target.request("POST", f"/team/ray{path}", JSON, body=BODY), 405, closes=False)


def test_a_get_with_a_body_is_no_submission(target):
    target.refuses(target.request("GET", SUBMIT, JSON, body=BODY), 400, closes=False)


@pytest.mark.parametrize("body,statuses", [
    (b'{"entrypoint":"true","entrypoint":"false"}', (400,)), (b'{"entrypoint":"true","entry\\u0070oint":"false"}', (400,)),
    ('{"entrypoint":"true"}'.encode("utf-16"), (400,)), (b"\xef\xbb\xbf" + BODY, (400,)), (b'{"entrypoint":NaN}', (400,)),
    (b'{"entrypoint":"true"} x', (400,)), (b'{"entrypoint":"true","metadata":' + b'{"a":' * 500 + b"1" + b"}" * 501, (400,)),
    (b"[" * 100000, (400,)), (b'{"entrypoint":"\xff"}', (400,)), (b'{"entrypoint":"true",}', (400,)), (b"", (400,)), (b"null", (400,)),
    (b'{"entrypoint":"true","submission_id":"x/../victim"}', (400,)), (b'{"entrypoint":"true","submission_id":"../../x"}', (400,)),
    (b'{"entrypoint":"true","submission_id":"a\\nb"}', (400,)), (b'{"entrypoint":"true","unknown_key":1}', (400,)),
    (b'{"entrypoint":"true","metadata":{"raykeep.io/submitter":"ada"}}', (400, 403)),
    (b'{"entrypoint":"true","metadata":{"raykeep.\\u0069o/submitter":"ada"}}', (400, 403)),
    (b'{"entrypoint":"' + b"x" * (2 << 20) + b'"}', (413,)),
])
def test_a_submission_that_is_not_strict_is_refused(target, body, statuses):
    target.refuses(target.request("POST", SUBMIT, JSON, f"Content-Length: {len(body)}", body=body), *statuses, closes=False)


@pytest.mark.parametrize("lines,body", [
    (("Content-Type: application/json; charset=utf-7",), b"+AHsAIg-entrypoint+ACIAOgAi-true+ACIAfQ-"),
    (("Content-Type: application/json; charset=utf-16",), '{"entrypoint":"true"}'.encode("utf-16")),
    (("Content-Type: text/plain",), BODY), ((), BODY), (("Content-Type: application/x-www-form-urlencoded",), BODY),
    ((JSON, JSON), BODY), ((JSON, "Content-Encoding: gzip"), gzip.compress(BODY)), ((JSON, "Content-Encoding: identity"), BODY),
    ((JSON, "Content-Encoding: gzip"), gzip.compress(b"\0" * (8 << 20))),
])
def test_a_submission_in_another_form_is_refused(target, lines, body):
    target.refuses(target.request("POST", SUBMIT, *lines, body=body), 400, 415, closes=False)


def test_the_forwarded_submission_is_the_gateways_own_text(target):
    body = b'{ "entrypoint" : "e\\u0063ho",\n "metadata" : {"team":"red"} }'
    seen = target.passes(target.request("POST", SUBMIT, JSON, body=body))
    assert body not in seen
    assert b'"entrypoint":"echo"' in seen.replace(b'": "', b'":"')
    assert b'"raykeep.io/' in seen and b"dana" in seen and b"red" in seen


@pytest.mark.parametrize("name", [
    "x.txt", "_ray_pkg_x.zip", "_ray_pkg_0123456789ABCDEF.zip", "_ray_pkg_0123456789abcdef.sh", "..%2f_ray_pkg_0123456789abcdef.zip", "%5fray_pkg_0123456789abcdef.zip",
])
def test_a_package_has_the_name_of_its_content(target, name):
    target.refuses(target.request("PUT", f"/team/ray/api/packages/gcs/{name}", body=b"PK"), 400, closes=False)
