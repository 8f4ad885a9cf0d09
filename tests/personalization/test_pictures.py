"""Where pictures lie is what the setting says."""

from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from personalization.pictures import store_at

FOLDER = Path("/var/segue/pictures")


def test_a_folder_is_the_default_and_another_may_be_named():
    assert store_at("", FOLDER)["OPTIONS"]["location"] == FOLDER
    assert store_at("/shared/pictures", FOLDER)["OPTIONS"]["location"] == "/shared/pictures"


def test_a_bucket_is_named_with_its_prefix_and_endpoint():
    place = store_at("s3://bucket/a/b?endpoint=https://s3.example&region=eu-1", FOLDER)

    assert place["BACKEND"] == "storages.backends.s3.S3Storage"
    told = {name: place["OPTIONS"][name] for name in ("bucket_name", "location", "endpoint_url", "region_name")}
    assert told == {
        "bucket_name": "bucket",
        "location": "a/b",
        "endpoint_url": "https://s3.example",
        "region_name": "eu-1",
    }


@pytest.mark.parametrize("place", ["gs://bucket", "s3://bucket?acl=public", "https://s3.example/bucket"])
def test_what_it_cannot_be_is_refused_at_the_start(place):
    with pytest.raises(ImproperlyConfigured, match="SEGUE_PICTURES"):
        store_at(place, FOLDER)
