"""The base of every record that the outside world can name."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from contributions.identifiers import IdMalformed, parse_public_id, public_id


class Identified(models.Model):
    """A record with a public id, made of its class's prefix and its row number."""

    id_prefix: ClassVar[str]

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.public_id

    @property
    def public_id(self) -> str:
        """The id shown in addresses, API answers and bundles."""
        return public_id(self.id_prefix, self.pk)

    @classmethod
    def number_of(cls, text: str) -> int:
        """Read a row number out of a public id of this kind.

        Raises:
            cls.DoesNotExist: The text is no id of this kind, so there is no such record.
        """
        try:
            return parse_public_id(cls.id_prefix, text)
        except IdMalformed as error:
            raise cls.DoesNotExist(text) from error
