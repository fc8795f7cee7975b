"""For whom a program speaks: the organisation it names, or its user as a worker."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _
from rest_framework.exceptions import PermissionDenied

from contributions.api.documents import Input, fail_field
from contributions.api.fields import RecordField
from contributions.models import Organisation
from contributions.services.speaking import Voice
from contributions.services.visibility import visible_organisations


class SpeakingInput(Input):
    """Something that is said in the name of one party."""

    organisation = RecordField(
        Organisation,
        visible=visible_organisations,
        required=False,
        help_text="For whom you speak; left out, you speak as the worker whose log-in this is.",
    )


def chosen_voice(voices: Sequence[Voice], organisation: Organisation | None) -> Voice:
    """Return the voice that a request means, among those its user has.

    Raises:
        PermissionDenied: The user may not speak here, or not for this organisation.
        ValidationError: The user could mean several.
    """
    if not voices:
        raise PermissionDenied(_("Your role does not let you speak about this."), "role_missing")
    if organisation is not None:
        found = [voice for voice in voices if voice.organisation == organisation]
    else:
        found = [voice for voice in voices if voice.worker is not None] or list(voices)
    if not found:
        raise PermissionDenied(_("You do not speak for this organisation."), "role_missing")
    if len(found) > 1:
        raise fail_field("organisation", "organisation_unclear", _("Say for whom you speak."))
    return found[0]
