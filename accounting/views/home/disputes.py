"""What open disputes ask of a reader."""

from __future__ import annotations

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounting.views.access import Reader
from accounting.views.home.parts import Task
from contributions.formatting import number
from contributions.models import Dispute


def dispute_tasks(reader: Reader) -> list[Task]:
    """Return a task if there are open disputes about records that the reader may see."""
    cases = Dispute.objects.visible_to(reader.user).open()
    count = cases.count()
    if not count:
        return []
    late = cases.overdue(timezone.localdate()).count()
    label = ngettext("{} dispute is open", "{} disputes are open", count).format(number(count))
    detail = (
        ngettext("{} of them is overdue.", "{} of them are overdue.", late).format(number(late))
        if late
        else _("The contested part of the money is held until they are decided.")
    )
    state = "overdue" if late else "open"
    return [Task(label, f"{reverse('disputes')}?state={state}", detail)]
