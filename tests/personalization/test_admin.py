"""Is every table in the admin?"""

import pytest


@pytest.mark.parametrize(
    "table",
    [
        "sites/site", "tracking/visitor", "tracking/session", "tracking/referral", "tracking/dropcount", "tracking/eventrollup", "tracking/logoffset",
        "tracking/archivehour", "segments/segment", "segments/segmentsize", "segments/featuredistribution", "segments/modelversion", "segments/trainingrun", "campaigns/campaign", "campaigns/rule",
        "campaigns/advariant", "campaigns/placement", "campaigns/release", "recommendations/item", "personalization/apitoken", "personalization/decisionrollup",
        "personalization/conversion", "auth/user", "auth/group", "admin/logentry",
    ],
)  # fmt: skip
def test_every_table_is_in_the_admin(client, db, site, administrator, table):
    client.force_login(administrator)

    assert client.get(f"/admin/{table}/").status_code == 200
