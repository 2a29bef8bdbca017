"""One place under another with every role in it: what a table of who sees and who may do is read against."""

from __future__ import annotations

from spaces import changes
from spaces.access import Standing
from spaces.identifiers import UserId
from spaces.landscape import Landscape
from spaces.network import Access
from tests.spaces.worlds import CountedIds, group_named, network

ADMIN = UserId("@admin:hs.test")
HERE = UserId("@here:hs.test")
ABOVE = UserId("@above:hs.test")
ELSEWHERE = UserId("@elsewhere:hs.test")
SOMEONE = UserId("@someone:hs.test")
STRANGER = UserId("@stranger:hs.test")
FAR = UserId("@far:elsewhere.test")

WORDS = {
    "public": (Access.PUBLIC, False, False),
    "private": (Access.PRIVATE, False, False),
    "private ask": (Access.PRIVATE, True, False),
    "invite": (Access.INVITE, False, False),
    "invite ask": (Access.INVITE, True, False),
    "invite listed": (Access.INVITE, False, True),
}
ROLES = (
    *("admin", "here", "above", "aside", "member", "of-group", "of-parent", "of-other"),
    *("invited", "guest-up", "stranger", "far"),
)


def table(text):
    """`{(row, column): yes}` of a drawn table; the row's words are in front of a bar."""
    head, *rows = [line for line in text.strip().splitlines() if line.strip()]
    columns = head.split("|")[1].split()
    cells = {}
    for row in rows:
        name, _, marks = row.partition("|")
        cells |= {(name.strip(), c): m == "yes" for c, m in zip(columns, marks.split(), strict=True)}
    return cells


class LaterIds(CountedIds):
    """Ids for what comes after a world made of the first ones."""

    def __init__(self) -> None:
        super().__init__()
        self._count = 1000


class World:
    """Somerset, and under it Quiet with the group Oils, both of one word; Other stands apart.

    Oils is shared with Other where `shared`.
    """

    def __init__(self, word, *, shared=False):
        access, ask, listed = WORDS[word]
        ids = CountedIds()
        landscape, self.above = network(Landscape(), ids, "Somerset", by=[ABOVE])
        landscape, self.other = network(landscape, ids, "Other", by=[ELSEWHERE])
        landscape, self.quiet = network(
            landscape, ids, "Quiet", under=[self.above], access=access, ask=ask, listed=listed, by=[HERE]
        )
        landscape, self.oils = changes.create_group(
            landscape, ids, name="Oils", home=self.quiet, access=access, ask=ask, listed=listed
        )
        if shared:
            landscape = changes.share(landscape, self.oils, self.other, home_agrees=True, network_agrees=True)
        self.landscape = landscape
        self.welcome = group_named(landscape, self.quiet, "welcome")

    def standing(self, role, place):
        joined = {
            "member": {self.quiet},
            "of-group": {self.welcome},
            "of-parent": {self.above},
            "of-other": {self.other},
        }
        invited = {"invited": {place}, "guest-up": {self.above}}
        users = {"admin": ADMIN, "here": HERE, "above": ABOVE, "aside": ELSEWHERE}
        users |= {"stranger": STRANGER, "far": FAR}
        return Standing(
            users.get(role, SOMEONE),
            is_admin=role == "admin",
            is_local=role != "far",
            joined=frozenset(joined.get(role, ())),
            invited=frozenset(invited.get(role, ())),
        )


SEES_NETWORK = table("""
              | admin here above aside member of-group of-parent of-other invited guest-up stranger far
public        | yes   yes  yes   yes   yes    yes      yes       yes      yes     yes      yes      yes
private       | yes   yes  yes   no    yes    yes      yes       no       yes     no       no       no
private ask   | yes   yes  yes   yes   yes    yes      yes       yes      yes     yes      yes      yes
invite        | yes   yes  no    no    yes    yes      no        no       yes     no       no       no
invite ask    | yes   yes  no    no    yes    yes      no        no       yes     no       no       no
invite listed | yes   yes  yes   no    yes    yes      yes       no       yes     no       no       no
""")
SEES_GROUP = table("""
              | admin here above aside member of-group of-parent of-other invited guest-up stranger far
public        | yes   yes  yes   yes   yes    yes      yes       yes      yes     yes      yes      yes
private       | yes   yes  no    no    yes    yes      no        no       yes     no       no       no
private ask   | yes   yes  yes   yes   yes    yes      yes       yes      yes     yes      yes      yes
invite        | yes   yes  no    no    no     no       no        no       yes     no       no       no
invite ask    | yes   yes  no    no    no     no       no        no       yes     no       no       no
invite listed | yes   yes  no    no    yes    yes      no        no       yes     no       no       no
""")
SEES_SHARED_GROUP = table("""
              | admin here above aside member of-group of-parent of-other invited guest-up stranger far
public        | yes   yes  yes   yes   yes    yes      yes       yes      yes     yes      yes      yes
private       | yes   yes  no    yes   yes    yes      no        yes      yes     no       no       no
private ask   | yes   yes  yes   yes   yes    yes      yes       yes      yes     yes      yes      yes
invite        | yes   yes  no    no    no     no       no        no       yes     no       no       no
invite ask    | yes   yes  no    no    no     no       no        no       yes     no       no       no
invite listed | yes   yes  no    no    yes    yes      no        no       yes     no       no       no
""")
SEES_KIT = table("""
              | admin here above aside member of-group of-parent of-other invited guest-up stranger far
public        | yes   yes  yes   yes   yes    yes      yes       yes      yes     yes      yes      yes
private       | yes   yes  no    no    yes    yes      no        no       yes     no       no       no
private ask   | yes   yes  no    no    yes    yes      no        no       yes     no       no       no
invite        | yes   yes  no    no    yes    yes      no        no       yes     no       no       no
invite ask    | yes   yes  no    no    yes    yes      no        no       yes     no       no       no
invite listed | yes   yes  no    no    yes    yes      no        no       yes     no       no       no
""")
