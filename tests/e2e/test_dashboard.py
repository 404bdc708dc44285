# SPDX-License-Identifier: Apache-2.0
"""Ray's dashboard in a real browser, under its prefix, signed in through the gateway's page.

Each page is loaded twice, from Ray itself and through the gateway: whatever Ray answers well must come through.
"""
import re
import shutil
from pathlib import Path

import pytest

from support.gateway import ROOT, password_of
from support.waiting import wait_until

playwright = pytest.importorskip("playwright.sync_api", reason="tools/setup browser installs it")
SHOTS = ROOT / "build" / "screenshots"
CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]
ACTOR_JOB = """python -c 'import ray, time
@ray.remote
class Counter:
    def add(self): return 1
ray.init()
c = Counter.options(name="counter").remote()
print("counted", ray.get(c.add.remote()))
time.sleep(600)'"""


@pytest.fixture(scope="module")
def browser():
    SHOTS.mkdir(parents=True, exist_ok=True)
    if not Path(CHROMIUM).exists():
        pytest.skip("no chromium; tools/setup browser installs it")
    with playwright.sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield opened
        opened.close()


class Visit:
    """One person's browser, with every answer it got, by path below `base`."""

    def __init__(self, browser, base: str):
        self.base = base
        self.context = browser.new_context(ignore_https_errors=True, viewport={"width": 1400, "height": 900})
        self.page = self.context.new_page()
        self.page.set_default_timeout(20000)
        self.answers: dict[str, int] = {}
        self.outside: list[str] = []
        self.page.on("response", self._note)
        self.page.on("requestfailed", self._failed)

    def _place(self, url: str) -> str | None:
        if not url.startswith(self.base):
            if not url.startswith(("data:", "blob:", "about:")) and "/-/" not in url:
                self.outside.append(url)
            return None
        path = url[len(self.base):]
        return re.sub(r"/main\.[0-9a-f]+", "/main", path)

    def _note(self, response):
        place = self._place(response.url)
        if place is not None:
            self.answers[f"{response.request.method} {place}"] = response.status

    def _failed(self, request):
        place = self._place(request.url)
        if place is not None and "ERR_ABORTED" not in (request.failure or ""):
            self.answers.setdefault(f"{request.method} {place}", 0)

    def open(self, route: str, text: str) -> None:
        self.page.goto("about:blank")  # so that a change of the fragment alone loads the page anew
        self.page.goto(f"{self.base}/{route}")
        self.page.get_by_text(text).first.wait_for()
        self.page.wait_for_load_state("networkidle")

    def close(self):
        self.context.close()


def sign_in(visit: Visit, user: str) -> None:
    visit.page.goto(visit.base + "/")
    visit.page.get_by_label("User").fill(user)
    visit.page.get_by_label("Password").fill(password_of(user))
    visit.page.get_by_role("button", name=re.compile("sign in", re.I)).click()
    visit.page.wait_for_url(visit.base + "/**")


@pytest.fixture(scope="module", params=["ray", "open"])
def cluster(request, door):
    return getattr(door, request.param)


@pytest.fixture(scope="module")
def head(door, cluster):
    return door.heads[0] if cluster is door.ray else door.heads[1]


@pytest.fixture(scope="module")
def job(door, cluster):
    made = door.submit("dana", ACTOR_JOB, cluster, submission_id="browsed")
    door.wait_status(made, "RUNNING", cluster=cluster)
    wait_until(lambda: "counted 1" in door.logs(made, cluster), "the actor is alive", seconds=60)
    yield made
    door.ask("ada", "POST", f"/api/jobs/{made}/stop", cluster)


@pytest.fixture(scope="module")
def routes(door, cluster, job):
    """Pages, with a text that each shows once it is there."""
    nodes = door.ask("ada", "GET", "/nodes?view=summary", cluster).json()["data"]["summary"]
    node = nodes[0]["raylet"]["nodeId"]
    actors = door.ask("ada", "GET", "/logical/actors", cluster).json()["data"]["actors"]
    actor = next(key for key, value in actors.items() if value["name"] == "counter")
    return {"overview": ("#/overview", "Recent jobs"), "jobs": ("#/jobs", job), "job": (f"#/jobs/{job}", "counted 1"),
            "cluster": ("#/cluster", node[:5]), "node": (f"#/cluster/nodes/{node}", node), "actors": ("#/actors", "Counter"),
            "actor": (f"#/actors/{actor}", "counter"), "logs": (f"#/logs/?nodeId={node}", "raylet.out"),
            "log": (f"#/logs/?nodeId={node}&fileName=raylet.out", "raylet")}


@pytest.fixture(scope="module")
def signed_in(browser, door, cluster):
    visit = Visit(browser, door.gateway.address(cluster))
    sign_in(visit, "dana")
    yield visit
    visit.close()


@pytest.fixture(scope="module")
def direct(browser, head):
    visit = Visit(browser, head.url)
    if head.token:
        visit.context.add_cookies([{"name": "ray-authentication-token", "value": head.token, "url": head.url}])
    yield visit
    visit.close()


@pytest.mark.parametrize("page", ["overview", "jobs", "job", "cluster", "node", "actors", "actor", "logs", "log"])
def test_a_page_shows_all_it_shows_without_the_gateway(signed_in, direct, cluster, routes, page):
    route, text = routes[page]
    for visit in (direct, signed_in):
        visit.answers.clear()
        visit.open(route, text)
    signed_in.page.screenshot(path=SHOTS / f"{cluster.name}-{page}.png")
    good = {place for place, status in direct.answers.items() if 200 <= status < 400}
    worse = {place: signed_in.answers[place] for place in good & set(signed_in.answers) if not 200 <= signed_in.answers[place] < 400}
    assert not worse
    assert signed_in.outside == [], "a request left the prefix"
    assert signed_in.answers, "nothing was asked"
    assert signed_in.page.locator("#raykeep-banner").count() == 0


def test_the_page_says_who_is_signed_in_and_leads_to_all_clusters(signed_in, cluster):
    signed_in.page.goto(signed_in.base + "/")
    bar = signed_in.page.locator("#raykeep-bar")
    bar.wait_for()
    assert "dana" in bar.inner_text() and cluster.id in bar.inner_text()


def test_rays_token_dialog_stays_shut(signed_in):
    signed_in.page.goto(signed_in.base + "/#/overview")
    signed_in.page.get_by_text("Recent jobs").first.wait_for()
    assert signed_in.page.get_by_text("Token Authentication").count() == 0
    assert signed_in.page.get_by_text("Authentication Token Required").count() == 0
    assert not [cookie for cookie in signed_in.context.cookies() if "ray-authentication" in cookie["name"]]


def test_a_viewer_sees_pages_and_is_told_why_logs_stay_empty(browser, door, cluster, routes):
    visit = Visit(browser, door.gateway.address(cluster))
    sign_in(visit, "vera")
    visit.open("#/overview", "Recent jobs")
    visit.page.goto(f"{visit.base}/{routes['job'][0]}")
    banner = visit.page.locator("#raykeep-banner")
    banner.wait_for()
    assert "role-too-narrow" in banner.inner_text()
    visit.page.screenshot(path=SHOTS / f"{cluster.name}-viewer-refused.png")
    banner.get_by_role("button").click()
    assert banner.count() == 0
    visit.close()


def test_an_ended_session_is_said_on_the_page(browser, door, cluster):
    visit = Visit(browser, door.gateway.address(cluster))
    sign_in(visit, "dana")
    visit.open("#/overview", "Recent jobs")
    visit.context.clear_cookies()
    banner = visit.page.locator("#raykeep-banner")
    banner.wait_for()  # the page asks for its nodes every few seconds
    assert "session has ended" in banner.inner_text()
    visit.page.screenshot(path=SHOTS / f"{cluster.name}-session-ended.png")
    banner.get_by_role("link").click()
    visit.page.get_by_label("Password").wait_for()
    visit.close()


def test_the_list_of_clusters_and_signing_out(browser, door):
    visit = Visit(browser, door.gateway.url)
    visit.page.goto(door.gateway.url + "/")
    visit.page.screenshot(path=SHOTS / "login.png")
    visit.page.get_by_label("User").fill("vera")
    visit.page.get_by_label("Password").fill("Wrong-guess-1")
    visit.page.get_by_role("button").click()
    visit.page.get_by_role("alert").wait_for()
    visit.page.screenshot(path=SHOTS / "login-wrong.png")
    sign_in(visit, "vera")
    for cluster in (door.ray, door.open):
        visit.page.get_by_role("link", name=cluster.id).wait_for()
    visit.page.screenshot(path=SHOTS / "clusters.png")
    visit.page.get_by_role("button", name=re.compile("sign out", re.I)).click()
    visit.page.get_by_label("Password").wait_for()
    visit.page.goto(door.gateway.url + "/")
    visit.page.get_by_label("Password").wait_for()
    visit.close()
