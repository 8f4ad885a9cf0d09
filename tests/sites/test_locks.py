import pytest
from django.db import OperationalError, connection, transaction

from sites.locks import lock_site
from tests.architecture import ROOT, sources
from tests.factories import make_site

# The hour that an archiver takes up is one that no other has: it passes over locked rows instead of waiting.
EXCUSED = {"sites/locks.py", "tracking/archive.py"}


@pytest.mark.django_db(transaction=True)
def test_who_locks_a_site_holds_up_others_who_do_and_nobody_who_refers_to_it():
    site = make_site()
    other = connection.copy()

    with transaction.atomic():
        lock_site(site)
        with other.cursor() as cursor:
            cursor.execute("SELECT id FROM sites_site WHERE id = %s FOR KEY SHARE NOWAIT", [site.pk])
            with pytest.raises(OperationalError, match="could not obtain lock"):
                cursor.execute("SELECT id FROM sites_site WHERE id = %s FOR NO KEY UPDATE NOWAIT", [site.pk])
    other.close()


def test_rows_are_locked_in_one_way():
    locking = {str(path.relative_to(ROOT)) for path in sources() if "select_for_update" in path.read_text()}

    assert locking == EXCUSED
