"""One cast of people and one site, always with the same roles, for every test that needs somebody."""

from django.contrib.auth.models import Group, User

from sites.models import Site
from sites.pages.history import Actor

# Who sets up what a test begins with.
TESTER = Actor.command("test")
PASSWORD = "correct horse battery staple"
# A viewer looks, an editor drafts, a publisher publishes; the administrator does everything.
CAST = {"viewer": "vera", "editor": "edgar", "publisher": "paula", "administrator": "ada"}


def make_user(role: str) -> User:
    """The member of the cast with this role, made once per test."""
    name = CAST[role]
    if existing := User.objects.filter(username=name).first():
        return existing
    if role == "administrator":
        return User.objects.create_superuser(name, f"{name}@shop.example", PASSWORD)
    user = User.objects.create_user(name, f"{name}@shop.example", PASSWORD, is_staff=True)
    user.groups.add(Group.objects.get_or_create(name=role)[0])
    return user


def make_site(**fields) -> Site:
    return Site.objects.create(
        **{
            "name": "Shop",
            "domain": "shop.example",
            "write_key": "wk_test",
            "salt": "5a" * 32,
            "consent_in_europe": "opt_out",
        }
        | fields
    )
