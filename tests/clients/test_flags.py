"""The official clients of OpenFeature and GrowthBook, unmodified: they find what `POST /v1/decide` finds, of every
visitor."""

import json
import os
import re
import subprocess

import pytest
import redis
from django.conf import settings

from sites import keys
from tests.clients.conftest import HERE, Shop

pytestmark = [pytest.mark.clients, pytest.mark.timeout(180)]

KEY, SECRET = "wk_flags_of_clients", "wsk_flags_of_clients"
VISITORS = [{"id": f"visitor-{number}", "locale": "de-AT" if number % 5 == 0 else "en"} for number in range(40)]
KEEN = [one["id"] for one in VISITORS[1:20:3]]
PLACEMENTS = ["hero", "side", "note"]


class FlagShop(Shop):
    site: int
    versions: tuple[str, str]

    def go_live(self, version: str) -> None:
        """As a roll back does."""
        with redis.Redis.from_url(self.segue.state["redis_url"]) as client:
            client.set(keys.live_release(self.site), version)
            client.publish(keys.CHANGES, "release")

    def decide(self, visitor: dict[str, str]) -> dict[str, dict]:
        asked = {
            "writeKey": KEY,
            "anonymousId": visitor["id"],
            "placements": PLACEMENTS,
            "context": {"locale": visitor["locale"]},
        }
        status, answer = self.segue.post("/v1/decide", asked)
        assert status == 200
        return {decision["placement"]: decision for decision in answer["decisions"]}


@pytest.fixture(scope="module")
def flag_shop(running_segue) -> FlagShop:
    """The site of `flag_site.py`, with some visitors who looked at products."""
    script = f"KEY, SECRET = {KEY!r}, {SECRET!r}\n{(HERE / 'flag_site.py').read_text()}"
    site, *versions = running_segue.manage("shell", "-v", "0", "-c", script).split()
    shop = FlagShop(running_segue, KEY, SECRET)
    shop.site, shop.versions = int(site), tuple(versions)
    views = [
        {"type": "track", "messageId": f"{visitor}-{number}", "anonymousId": visitor, "event": "Product Viewed", "properties": {"product_id": f"K-{number}", "price": 10}}
        for visitor in KEEN
        for number in range(2)
    ]  # fmt: skip
    assert running_segue.post("/v1/batch", {"writeKey": KEY, "batch": views})[0] == 200
    running_segue.wait_for(lambda: shop.decide(VISITORS[0])["note"]["variant"]["fields"]["headline"] == "A newer one")
    return shop


@pytest.fixture(scope="module")
def decided(flag_shop) -> dict[str, dict[str, dict]]:
    """What Segue decides, by visitor and placement."""
    found = {visitor["id"]: flag_shop.decide(visitor) for visitor in VISITORS}
    shown = {placement: {one[placement]["variant"]["key"] for one in found.values()} for placement in PLACEMENTS}
    assert shown == {"hero": {"german", "blue", "red"}, "side": {"side-plain", "keen"}, "note": {"note-plain"}}
    return found


def variants(decided: dict[str, dict]) -> dict[str, dict]:
    return {placement: decision["variant"] for placement, decision in decided.items()}


def run(node: str, shop: FlagShop, script: str) -> subprocess.Popen[str]:
    environment = os.environ | {
        "SEGUE_HOST": shop.host,
        "SEGUE_WRITE_KEY": shop.write_key,
        "SEGUE_SECRET_KEY": shop.secret_key,
        "SEGUE_VISITORS": json.dumps(VISITORS),
    }
    return subprocess.Popen(
        [node, script], cwd=HERE, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def told(process: subprocess.Popen[str]) -> dict:
    """The next line that a script printed."""
    assert process.stdout and process.stderr
    line = process.stdout.readline()
    assert line.startswith("{"), line + process.stdout.read() + process.stderr.read()
    return json.loads(line)


def test_openfeature_in_python(flag_shop, decided):
    from openfeature import api
    from openfeature.contrib.provider.ofrep import OFREPProvider
    from openfeature.evaluation_context import EvaluationContext
    from openfeature.exception import ErrorCode

    bearer = {"Authorization": f"Bearer {SECRET}"}
    api.set_provider(OFREPProvider(flag_shop.host, headers_factory=lambda: bearer))
    client = api.get_client()

    for visitor in VISITORS:
        context = EvaluationContext(visitor["id"], {"locale": visitor["locale"], "plan": "of the application"})
        for placement, decision in decided[visitor["id"]].items():
            flag = client.get_object_details(placement, {}, context)

            assert flag.error_code is None
            assert (flag.value, flag.variant) == (decision["variant"], decision["variant"]["key"])
            assert flag.flag_metadata["reason"] == decision["reason"]
            assert flag.flag_metadata["propensity"] == decision["propensity"]
    missing = client.get_object_details("no-such-flag", {"mine": True}, EvaluationContext("visitor-1"))
    wrong = client.get_boolean_details("hero", True, EvaluationContext("visitor-1"))
    nobody = client.get_object_details("hero", {"mine": True})
    api.shutdown()

    assert (missing.error_code, missing.value) == (ErrorCode.FLAG_NOT_FOUND, {"mine": True})
    assert (wrong.error_code, wrong.value) == (ErrorCode.TYPE_MISMATCH, True)
    assert (nobody.error_code, nobody.value) == (ErrorCode.TARGETING_KEY_MISSING, {"mine": True})


def test_openfeature_in_a_page(flag_shop, decided, node):
    with run(node, flag_shop, "ofrep_web.mjs") as process:
        heard = told(process)

    for visitor, flags in heard["found"].items():
        for placement, flag in flags.items():
            decision = decided[visitor][placement]
            assert (flag["value"], flag["metadata"]["reason"]) == (decision["variant"], decision["reason"])
    assert heard["found"].keys() == decided.keys()
    assert (heard["before"], heard["after"]) == ("side-plain", "keen")
    assert heard["missing"] == ["FLAG_NOT_FOUND", {"mine": True}]
    assert heard["wrong"] == ["TYPE_MISMATCH", True]


@pytest.mark.parametrize("remote", [True, False], ids=["evaluated by us", "evaluated by itself"])
def test_growthbook_in_python(flag_shop, decided, remote):
    from growthbook import GrowthBook

    for visitor in VISITORS:
        attributes, viewed = dict(visitor), []  # which it empties in the end
        if not remote:
            answer = flag_shop.segue.post(f"/api/attributes/{SECRET}", {"attributes": visitor})[1]
            attributes = answer["attributes"]
        growthbook = GrowthBook(
            api_host=flag_shop.host,
            client_key=KEY if remote else SECRET,
            remote_eval=remote,
            attributes=attributes,
            on_experiment_viewed=lambda experiment, result, viewed=viewed, **rest: viewed.append(
                (experiment.key, result.key)
            ),
        )
        growthbook.load_features()
        found = {placement: growthbook.eval_feature(placement).value for placement in PLACEMENTS}
        growthbook.destroy()

        decisions = decided[visitor["id"]]
        assert {placement: without_decision(value) for placement, value in found.items()} == variants(decisions)
        treatment = decisions["hero"]["treatment"]
        assert viewed == ([(treatment["key"], treatment["arm"])] if treatment else [])


def without_decision(value: dict) -> dict:
    return {name: part for name, part in value.items() if name != "decision"}


def test_growthbook_in_javascript(flag_shop, decided, node):
    with run(node, flag_shop, "growthbook.mjs") as process:
        heard = told(process)
        flag_shop.go_live(flag_shop.versions[0])
        news = told(process)
    flag_shop.go_live(flag_shop.versions[1])

    for visitor, decisions in decided.items():
        assert {key: without_decision(value) for key, value in heard["byUs"][visitor].items()} == variants(decisions)
        assert heard["byItself"][visitor] == variants(decisions)
        treatment = decisions["hero"]["treatment"]
        assert heard["viewed"].get(visitor) == ([treatment["key"], treatment["arm"]] if treatment else None)
    assert heard["inThePage"]["hero"]["fields"]["headline"] == "Auf Deutsch"
    assert heard["inThePage"]["side"] is None  # whom it is for, a page is not told
    assert (heard["before"], news["after"]) == ("A newer one", "The note-plain one")


# --- what docs/clients.md says ----------------------------------------------------------------------

DOCUMENT = (settings.BASE_DIR / "docs" / "clients.md").read_text()
# What a page has, and Node has not.
OF_A_PAGE = """
import { EventSource } from "eventsource";
import { setPolyfills } from "@growthbook/growthbook";
const kept = new Map();
globalThis.EventSource = EventSource;
globalThis.location = { href: "https://shop.example/" };
globalThis.localStorage = { getItem: (key) => kept.get(key) ?? null, setItem: (key, value) => kept.set(key, value), removeItem: (key) => kept.delete(key) };
globalThis.segue = { anonymousId: () => "5f1d0c7e" };
setPolyfills({ localStorage });
"""


def examples(language: str, shop: Shop) -> list[str]:
    """Of the document, with the keys and the placement of this shop."""
    found = re.findall(rf"```{language}\n(.*?)```", DOCUMENT, re.DOTALL)
    meant = {
        "https://segue.example": shop.host,
        "wsk_...": shop.secret_key,
        "wk_...": shop.write_key,
        "home-hero": "hero",
    }
    return [re.sub("|".join(map(re.escape, meant)), lambda said: meant[said[0]], text) for text in found]


def test_the_examples_in_python_run(flag_shop, capsys):
    found = examples("python", flag_shop)

    for example in found:
        exec(compile(example, "docs/clients.md", "exec"), {})

    assert len(found) == 3
    assert capsys.readouterr().out.count("german") >= 3


def test_the_examples_in_javascript_run(flag_shop, node):
    found = examples("js", flag_shop)

    for example in found:
        imports = "\n".join(line for line in example.splitlines() if line.startswith("import "))
        script = f"{OF_A_PAGE}{imports}\n{example.replace(imports, '')}\nprocess.exit(0);"
        done = subprocess.run(
            [node, "--input-type=module", "-e", script],
            cwd=HERE,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
        assert "/v1/i/" in done.stdout

    assert len(found) == 2
