"""Give a program a token: `manage.py create_token USER --scope read --scope record`."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from contributions.models import ApiToken, User
from contributions.services.tokens import TokenTermsInvalid, issue_token


class Command(BaseCommand):
    """Makes an API token and prints it, once."""

    help = "Give a program a token for the API; it is printed once and kept nowhere."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the user, what the token may do, and how long."""
        parser.add_argument("username")
        parser.add_argument("--name", default="command line", help="what the token is for")
        parser.add_argument(
            "--scope",
            action="append",
            choices=ApiToken.Scope.values,
            help="what the token may do; can be repeated; everything if left out",
        )
        parser.add_argument("--days", type=int, default=90, help="how long it works (90)")

    def handle(self, *args: Any, **options: Any) -> None:
        """Make the token.

        Raises:
            CommandError: There is no such user, or the terms are out of bounds.
        """
        user = User.objects.filter(username=options["username"]).first()
        if user is None:
            raise CommandError(f"There is no user {options['username']}.")
        now = timezone.now()
        try:
            issued = issue_token(
                user=user,
                name=options["name"],
                scopes=options["scope"] or ApiToken.Scope.values,
                expires_at=now + timedelta(days=options["days"]),
                now=now,
            )
        except (TokenTermsInvalid, ValidationError, OverflowError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(issued.secret)
