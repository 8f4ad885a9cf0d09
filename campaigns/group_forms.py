"""What may a marketer change of an exclusion group? Its name."""

from campaigns.models import ExclusionGroup
from sites.pages.edits import SiteForm


class GroupForm(SiteForm):
    class Meta:
        model = ExclusionGroup
        fields = ["name", "key"]
        help_texts = {"key": "Hashed with each visitor, so it never changes; small letters, digits, - and _."}

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # site among them
        if self.instance.pk:
            self.fields["key"].disabled = True
