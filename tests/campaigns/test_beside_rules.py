"""What stands beside the rules of a release: holdouts, and tests of settings. Drafted, published with what they belong
to, and told."""

import pytest

from campaigns.models import Arm, Campaign, Phase, Treatment
from campaigns.publish import Refused, publish
from campaigns.release import load
from campaigns.treatments import HELD
from tests.clusters import promote


def treatment(site, key, kind, arms, **fields) -> Treatment:
    row = Treatment.objects.create(site=site, key=key, name=key.title(), kind=kind, **fields)
    for arm, weight, setting in arms:
        Arm.objects.create(treatment=row, key=arm, weight=weight, setting=setting)
    return row


def holdout(site, key, held, **fields) -> Treatment:
    return treatment(site, key, "holdout", [("held", held, {}), ("open", 1_000 - held, {})], **fields)


def test_holdouts_are_published_with_their_campaign_and_with_the_site(drafted, publisher, commit):
    campaign = Campaign.objects.get(status="live")
    everywhere, own = holdout(drafted, "all", 50), holdout(drafted, "own", 200, campaign=campaign)

    release = commit(publish, drafted, publisher)

    frozen = load(bytes(release.compiled))
    shares = {one.campaign_id: (one.treatment.id, one.treatment.arms[0].weight) for one in frozen.holdouts}
    assert shares == {0: (everywhere.pk, 0.05), campaign.pk: (own.pk, 0.2)}
    assert {one.treatment.arms[0].key for one in frozen.holdouts} == {HELD}
    assert {phase.number for phase in Phase.objects.filter(treatment__in=[everywhere, own])} == {1}


def test_what_is_chosen_takes_its_own_holdout_along_and_leaves_that_of_the_site(drafted, publisher, commit):
    commit(publish, drafted, publisher)
    campaign = Campaign.objects.get(status="live")
    holdout(drafted, "all", 50)
    own = holdout(drafted, "own", 200, campaign=campaign)

    chosen = commit(publish, drafted, publisher, chosen={f"campaign:{campaign.pk}"})
    settings = commit(publish, drafted, publisher, chosen={"settings:"})

    assert [one.treatment.id for one in load(bytes(chosen.compiled)).holdouts] == [own.pk]
    assert chosen.changes == [f"20 % of visitors do without campaign '{campaign.name}' (before: none)"]
    assert settings.changes == ["5 % of visitors do without all campaigns (before: none)"]
    assert len(load(bytes(settings.compiled)).holdouts) == 2


def test_a_test_of_settings_runs_once_it_is_switched_on(drafted, publisher, commit):
    model = promote(drafted)
    arms = [("now", 1, {}), ("other", 1, {"model": model.pk, "slots": {"related": "similar"}})]
    row = treatment(drafted, "models", "tuning", arms)
    first = commit(publish, drafted, publisher)
    Treatment.objects.filter(pk=row.pk).update(running=True)

    release = commit(publish, drafted, publisher)

    ((tuning,),) = [load(bytes(release.compiled)).tunings]
    assert load(bytes(first.compiled)).tunings == ()
    assert [setting.slots for setting in tuning.settings] == [{}, {"related": "similar"}]
    assert tuning.settings[1].models["cluster"].ids == [3, 7]
    assert release.changes == ["Test of settings 'models' begins"]


@pytest.mark.parametrize(
    "setting", [{"model": 0.5}, {"model": 987_654}, {"slots": {"related": "nothing"}}, {"slots": []}, {"size": 3}, []]
)
def test_a_setting_that_is_none_is_refused_by_its_arm(drafted, publisher, setting):
    treatment(drafted, "models", "tuning", [("a", 1, {}), ("b", 1, setting)], running=True)

    with pytest.raises(Refused) as refused:
        publish(drafted, publisher)

    assert [problem.message.startswith("b: ") for problem in refused.value.problems if problem.is_error] == [True]
