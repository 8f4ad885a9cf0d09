"""The ground that other tests stand on."""

import pytest
from django.db import connection

from tests import servers


@pytest.mark.django_db
def test_database_is_a_throw_away_of_this_session(postgres_server):
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_database(), current_setting('fsync')")
        name, fsync = cursor.fetchone()

    assert name.startswith("test_")
    assert fsync == "off"
    assert str(connection.settings_dict["PORT"]) in postgres_server.url


def test_redis_syncs_each_write_as_in_production(redis_client):
    assert redis_client.config_get("appendfsync") == {"appendfsync": "always"}
    assert redis_client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}


@pytest.mark.parametrize("turn", [1, 2])
def test_redis_starts_empty_each_time(redis_client, turn):
    assert redis_client.dbsize() == 0

    redis_client.set("left", turn)


def test_settings_are_those_of_tests(settings):
    assert settings.SEGUE_ENV == "test"
    assert servers.valkey.url == settings.REDIS_URL
    assert settings.ARCHIVE_DIR.is_relative_to(servers.folder)


def test_cast_has_the_roles_it_says(editor, administrator, site):
    assert [group.name for group in editor.groups.all()] == ["editor"]
    assert not editor.is_superuser
    assert administrator.is_superuser
    assert site.write_key == "wk_test"
