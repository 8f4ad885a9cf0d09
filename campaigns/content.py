"""What do the creatives of a site have in common? Its theme, and its pictures."""

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, RegexValidator
from django.db import models

from campaigns import looks
from campaigns.looks import PLAIN, Look
from sites.models import Site

COLOUR = RegexValidator(rf"^{looks.COLOUR.pattern}", "Write a colour as # and six hexadecimal digits.")
LANGUAGE = RegexValidator(r"^[a-z]{2,3}\Z", "Write two or three small letters, such as de.")


def _titles(family: dict[str, tuple[str, str]]) -> list[tuple[str, str]]:
    return [(key, title) for key, (title, _) in family.items()]


FONTS = _titles(looks.FONTS)


def colour(default: str) -> "models.CharField[str, str]":
    return models.CharField(max_length=7, default=default, validators=[COLOUR])


class Theme(models.Model):
    """How the creatives of a site look. Without a row they look as `campaigns.looks.PLAIN` says."""

    site = models.OneToOneField(Site, models.CASCADE, related_name="theme")
    font = models.CharField(max_length=12, choices=FONTS, default=PLAIN.font)
    heading_font = models.CharField(max_length=12, choices=FONTS, default=PLAIN.heading_font)
    font_name = models.CharField(
        max_length=60,
        blank=True,
        validators=[RegexValidator(rf"^{looks.FONT_NAME.pattern}", "Letters, digits, spaces, - and _ only.")],
    )
    radius = models.PositiveSmallIntegerField(default=PLAIN.radius, validators=[MaxValueValidator(looks.MOST_RADIUS)])
    button = models.CharField(max_length=8, choices=list(looks.BUTTONS.items()), default=PLAIN.button)
    button_corners = models.CharField(max_length=8, choices=list(looks.CORNERS.items()), default=PLAIN.button_corners)
    edge = models.CharField(max_length=8, choices=list(looks.EDGES.items()), default=PLAIN.edge)
    tinted = models.BooleanField(default=PLAIN.tinted)
    background, foreground = colour(PLAIN.background), colour(PLAIN.foreground)
    accent, on_accent = colour(PLAIN.accent), colour(PLAIN.on_accent)
    dark_background, dark_foreground = colour(PLAIN.dark_background), colour(PLAIN.dark_foreground)
    dark_accent, dark_on_accent = colour(PLAIN.dark_accent), colour(PLAIN.dark_on_accent)
    language = models.CharField(max_length=3, blank=True, validators=[LANGUAGE])
    updated_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"Theme of {self.site}"

    def clean(self) -> None:
        if faults := self.faults():
            raise ValidationError(faults)

    def faults(self) -> dict[str, list[str]]:
        """By field."""
        if "own" in (self.font, self.heading_font) and not self.font_name:
            return {"font_name": ["Name the font, as the site's own style sheet does."]}
        return {}

    def freeze(self) -> Look:
        """The moments that creatives name are told in the time zone of the site: costs a query where `site` is not
        read yet."""
        own = {name: getattr(self, name) for name in Look.__struct_fields__ if name != "time_zone"}
        return Look(**own, time_zone=self.site.time_zone)


class Picture(models.Model):
    """An uploaded picture: what it is called and shows. Its files lie in `campaigns.pictures.store`, by digest."""

    site = models.ForeignKey(Site, models.CASCADE, related_name="pictures")
    digest = models.CharField(max_length=32, editable=False)
    name = models.CharField(max_length=100)
    alt = models.CharField(max_length=200, blank=True)
    width = models.PositiveIntegerField(editable=False)
    height = models.PositiveIntegerField(editable=False)
    widths = ArrayField(models.PositiveIntegerField(), editable=False)
    size = models.PositiveIntegerField(editable=False)  # bytes of all files
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [models.UniqueConstraint(fields=["site", "digest"], name="picture_digest")]

    def __str__(self) -> str:
        return self.name

    @property
    def path(self) -> str:
        """Of its widest file."""
        return self.path_of(self.width)

    @property
    def thumbnail(self) -> str:
        return self.path_of(min(self.widths, key=lambda width: abs(width - 320)))

    def path_of(self, width: int) -> str:
        """Of no site's pages: visitors load it."""
        return f"/pictures/{self.digest}/{width}.webp"

    def delete_fault(self) -> str:
        """Why it cannot be deleted; empty where it can. One query."""
        users = ", ".join(map(str, self.variants.all()))
        return f"It is shown by {users}. Choose another picture there first." if users else ""


def look_of(site: Site) -> Look:
    """One query."""
    theme = Theme.objects.filter(site=site).first() or Theme()
    theme.site = site
    return theme.freeze()
