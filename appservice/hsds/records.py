"""Listings as records that go out: whole or in brief, as far as who reads them may know."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from spaces.access import Sight
from spaces.directory import ListingKind
from spaces.hsds import Record, in_brief, without_contact
from spaces.listings import Listing, may_contact
from spaces.open_referral import KINDS, id_of, record_of


@dataclass(frozen=True)
class Records:
    """`organisations`, by number, may all be known to the reader. `sight` is theirs; None: they see all."""

    server: str
    organisations: Mapping[int, Listing]
    sight: Sight | None

    def whole(self, listing: Listing) -> Record:
        record = self._alone(listing)
        if (organisation := self._of(listing)) is not None:
            record["organization"] = self._alone(organisation)
        return record

    def brief(self, listing: Listing) -> Record:
        """Without what there may be several of."""
        record = in_brief(self._alone(listing), KINDS[listing.kind])
        if (organisation := self._of(listing)) is not None:
            record["organization"] = in_brief(self._alone(organisation), KINDS[organisation.kind])
        return record

    def _of(self, listing: Listing) -> Listing | None:
        return None if listing.by is None else self.organisations.get(listing.by)

    def _alone(self, listing: Listing) -> Record:
        record = record_of(listing, id_of(self.server, listing))
        if self.sight is None or may_contact(self.sight, listing):
            return record
        record = without_contact(record, KINDS[listing.kind])
        if listing.kind is ListingKind.ORGANISATION:
            record.setdefault("description", "")
        return record
