from personalization.decide import decide
from personalization.explain import sentences
from personalization.situation import NO_VISITOR, Situation
from segments.profile import Profile
from tests.releases import release, rule, variant

NOW, DAY = 1_790_000_000_000, 20_717


def explain(rules, attributes, profile=None, variants=None, **options):
    of = release(rules, variants)
    situation = Situation(of, profile or Profile(), NO_VISITOR, True, {}, NOW, DAY)
    situation.attributes.update(attributes)
    decision = decide(situation, ["hero"], trace=True, **options)[0]
    return sentences(decision, of)


def test_names_the_winner_and_what_held():
    first, second = explain([rule(1, {"feature.cart_value": {"$gt": 50}}, name="Coupon")], {"feature.cart_value": 70})

    assert first == "“hero” shows “v0”: rule “Coupon” won."
    assert second.startswith("Rule “Coupon” won: ")
    assert "is 0.70" in second


def test_says_what_would_have_to_change():
    lines = explain(
        [rule(1, {"feature.cart_value": {"$gt": 50}, "context.device": "mobile"}, name="Coupon")],
        {"feature.cart_value": 20, "context.device": "mobile"},
    )

    assert "“Coupon” did not win" in lines[1]
    assert "is 0.20" in lines[1]
    assert "must be more than 0.50" in lines[1]
    assert lines[1].endswith("In favour: Device is “mobile”.")


def test_says_how_many_impressions_are_used():
    lines = explain([rule(1, name="Coupon", cap_per_day=3)], {}, Profile(shown={"1": [DAY, 3, 8]}))

    assert lines == [
        "“hero” shows “v7”: the rules that apply have been seen often enough, so this is the placement's default.",
        "Rule “Coupon” did not win: 3 of 3 impressions today used.",
    ]


def test_tells_apart_outranked_unscheduled_and_unfilled():
    variants = [*(variant(f"v{i}") for i in range(7)), variant("v7", "viewed")]
    rules = [rule(1, priority=900, variant=7), rule(2, priority=800, starts_at=NOW + 1), rule(3, priority=700), rule(4)]

    lines = explain(rules, {}, variants=variants)

    assert lines == [
        "“hero” shows “v0”: rule “rule 3” won.",
        "Rule “rule 1” did not win: nothing is known yet that could fill its creative.",
        "Rule “rule 2” did not win: it is outside its dates, which begin on Monday 21 Sep 14:13, UTC.",
        "Rule “rule 3” won: it is for everybody.",
        "Rule “rule 4” did not win: it applies, but a rule before it in the order of priority won.",
    ]


def test_explains_alternatives_part_by_part():
    lines = explain(
        [rule(1, {"$or": [{"context.device": "mobile"}, {"session.pages": {"$gte": 3}}], "$not": {"segment": "x"}})],
        {"context.device": "desktop"},
    )

    assert "(Device is “desktop” and must be “mobile”) or (Pages this session is 0 pages " in lines[1]
    assert "and must be at least 3 pages" in lines[1]
    assert "In favour: Segment is empty, which is not “x”." in lines[1]
