"""GrowthBook's published cases, and what they leave open: the flags that we publish mean to us what they mean to its
SDKs."""

import json
from typing import Any

import msgspec
import pytest
from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st

from campaigns.flags import (
    Document,
    Experiment,
    Feature,
    FeatureRule,
    Flags,
    Parent,
    Source,
    StickyDocument,
    Subject,
    VariationMeta,
    override_in,
)
from campaigns.flags.sticking import name_of

PUBLIC = settings.SHARED_DIR / "conformance" / "growthbook" / "cases.json"
CASES: dict[str, list] = json.loads(PUBLIC.read_text()) if PUBLIC.exists() else {}
# Kinds of published cases that other tests ask, and those that nobody does, with the reason.
ELSEWHERE = {"evalCondition", "hash", "getBucketRange", "chooseVariation", "inNamespace", "getEqualWeights"}
LEFT_OUT = {
    "urlRedirect": "an SDK in a page leads visitors elsewhere; we publish no redirects",
    "decrypt": "documents are encrypted for keys that stand in the page beside them; we publish none such",
}

published = pytest.mark.skipif(not CASES, reason=f"GrowthBook's conformance suite is not at {PUBLIC}; set SEGUE_SHARED")


def cases(kind: str) -> list:
    return [pytest.param(case, id=case[0]) for case in CASES.get(kind, [])]


def flags_in(context: dict) -> Flags:
    return Flags(msgspec.convert(context, Document))


def subject_in(context: dict, sticky: dict[str, StickyDocument] | None = None) -> Subject:
    return Subject(
        context.get("attributes", {}),
        context.get("url", ""),
        context.get("forcedVariations", {}),
        context.get("enabled", True),
        context.get("qaMode", False),
        sticky,
    )


def told(result: Any) -> Any:
    """As JSON says it, whose numbers are of one kind."""
    return json.loads(msgspec.json.encode(result))


@published
@pytest.mark.parametrize("case", cases("run"))
def test_experiments_run_as_published(case):
    _, context, experiment, value, is_inside, hash_used = case

    result = flags_in(context).run(msgspec.convert(experiment, Experiment), subject_in(context))

    assert (result.value, result.in_experiment, result.hash_used) == (value, is_inside, hash_used)


@published
@pytest.mark.parametrize("case", cases("feature") + cases("contextualBandit"))
def test_features_are_evaluated_as_published(case):
    _, context, key, expected = case

    result = flags_in(context).evaluate(key, subject_in(context))

    found = {"value": result.value, "on": result.is_on, "off": not result.is_on}
    found |= {"source": result.source, "ruleId": result.rule_id}
    if result.experiment:
        found |= {"experiment": told(result.experiment), "experimentResult": told(result.experiment_result)}
    assert found == expected


@published
@pytest.mark.parametrize("case", cases("stickyBucket"))
def test_buckets_stick_as_published(case):
    _, context, stored, key, expected, after = case
    documents = [msgspec.convert(document, StickyDocument) for document in stored]
    attributes = {name_of(name, value) for name, value in context["attributes"].items()}
    sticky = {name_of(one.attribute_name, one.attribute_value): one for one in documents}
    sticky = {name: document for name, document in sticky.items() if name in attributes}

    result = flags_in(context).evaluate(key, subject_in(context, sticky))

    assert told(result.experiment_result) == expected
    assert told(sticky) == after


@published
@pytest.mark.parametrize("case", cases("getQueryStringOverride"))
def test_addresses_force_variations_as_published(case):
    _, key, url, n, expected = case

    assert override_in(url, key, n) == expected


@published
def test_no_kind_of_published_case_is_forgotten():
    asked = {"run", "feature", "contextualBandit", "stickyBucket", "getQueryStringOverride"}

    assert CASES.keys() - asked - ELSEWHERE == LEFT_OUT.keys() | {"specVersion"}


def split(key: str = "test", **more: Any) -> Experiment:
    return Experiment(key=key, variations=["a", "b"], hash_version=2, **more)


@given(st.integers(0, 10_000), st.floats(0, 1), st.floats(0, 1), st.integers(1, 9))
def test_who_takes_part_stays_where_they_are_when_more_take_part(visitor, share, more, weight):
    low, high = sorted((share, more))
    subject = Subject({"id": str(visitor)})
    before, after = (
        Flags(Document()).run(split(coverage=part, weights=[weight / 10, 1 - weight / 10]), subject)
        for part in (low, high)
    )

    assert not before.in_experiment or before == after


@given(st.integers(0, 10_000), st.integers(1, 9), st.integers(1, 9))
def test_a_bucket_sticks_when_weights_change(visitor, first, second):
    sticky: dict[str, StickyDocument] = {}
    subject = Subject({"id": str(visitor)}, sticky=sticky)
    before, after = (
        Flags(Document()).run(
            msgspec.convert(
                {
                    "key": "test",
                    "variations": [0, 1],
                    "weights": [w / 10, 1 - w / 10],
                    "meta": [{"key": "a"}, {"key": "b"}],
                },
                Experiment,
            ),
            subject,
        )
        for w in (first, second)
    )

    assert (before.value, before.bucket) == (after.value, after.bucket)
    assert after.sticky_bucket_used


def test_a_known_visitor_keeps_what_the_browser_had():
    """The fallback attribute leads from the anonymous id to the one that is known after signing in."""
    sticky: dict[str, StickyDocument] = {}
    experiment = split(
        hash_attribute="user",
        fallback_attribute="browser",
        meta=msgspec.convert([{"key": "a"}, {"key": "b"}], list[VariationMeta]),
    )
    flags = Flags(Document())

    for number in range(40):
        browser, user = f"browser-{number}", f"user-{number}"
        before = flags.run(experiment, Subject({"browser": browser}, sticky=sticky))
        after = flags.run(experiment, Subject({"browser": browser, "user": user}, sticky=sticky))

        assert (before.hash_attribute, after.hash_attribute) == ("browser", "user")
        assert before.value == after.value
    assert len(sticky) == 80


def test_a_chain_of_prerequisites_ends_at_a_circle():
    waits = {
        key: Feature(default_value=key, rules=[FeatureRule(parent_conditions=[Parent(id=parent, condition={"value": "x"})], force=1)])
        for key, parent in (("a", "b"), ("b", "c"), ("c", "a"))
    }  # fmt: skip
    result = Flags(Document(features=waits)).evaluate("a", Subject())

    assert (result.value, result.source) == (None, Source.CYCLIC_PREREQUISITE)


def test_a_condition_with_a_fault_holds_for_nobody():
    rules = [FeatureRule(condition={"country": {"$near": "DE"}}, force="near")]

    result = Flags(Document(features={"hero": Feature(default_value="usual", rules=rules)})).evaluate(
        "hero", Subject({"country": "DE"})
    )

    assert (result.value, result.source) == ("usual", Source.DEFAULT_VALUE)


@pytest.mark.parametrize(
    "value, is_on", [(None, False), ("", False), (0, False), (float("nan"), False), ("0", True), ([], True), ({}, True)]
)
def test_a_value_is_on_where_javascript_takes_it_as_true(value, is_on):
    assert Flags(Document(features={"f": Feature(default_value=value)})).evaluate("f", Subject()).is_on is is_on


@pytest.mark.parametrize(
    "url", ["http://[bad?test=1", "?test=", "?test=\u0661", "?test=1e3", "?test=99999999999", "?test=-0", "test=1"]
)
def test_an_address_that_names_no_variation_forces_none(url):
    assert override_in(url, "test", 2) is None
