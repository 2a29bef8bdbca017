"""`hedgerow export` and `hedgerow import`, as an operator types them."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

from typer.testing import CliRunner, Result

from appservice.cli import app
from appservice.store.database import Database
from tests.appservice.stage import FAR, PlayedRooms, Stage
from tests.databases import driven


def hedgerow(config: Path, *words: str) -> Result:
    return CliRunner().invoke(app, [*words, "--config", str(config)])


def test_o3_where_there_is_no_network_nothing_is_written(config: Path, tmp_path: Path) -> None:
    said = hedgerow(config, "export", str(tmp_path / "tree.json"))
    assert (said.exit_code, said.stderr) == (1, "There is no network here to export.\n")
    assert not (tmp_path / "tree.json").exists()


def test_o3_a_preview_says_what_comes_and_nothing_is_done_unasked(
    config: Path, service_database: str, tmp_path: Path
) -> None:
    asyncio.run(_found(service_database))
    file = tmp_path / "tree.json"
    out = hedgerow(config, "export", str(file))
    assert (out.exit_code, out.stderr) == (0, _STAYS)
    assert "is written: networks 1, groups 2." in out.stdout
    again = hedgerow(config, "export", str(file))
    assert (again.exit_code, again.stderr.splitlines()[-1]) == (
        1,
        "tree.json is there already. Name another file.",
    )
    here = hedgerow(config, "import", str(file))
    assert (here.exit_code, "The short name “arts” of “Arts” is taken here" in here.stderr) == (1, True)
    file.write_text(file.read_text().replace('"arts"', '"arts-of-old"').replace('"Arts"', '"Arts of old"'))
    plan = hedgerow(config, "import", str(file), "--dry-run", "--invite")
    assert plan.exit_code == 0
    assert plan.stdout == (
        "From hs.test: networks 1, groups 2.\n"
        "  Arts of old (arts-of-old)\n"
        "New here: networks 1, groups 2.\n"
        "  @far:elsewhere.test is to coordinate Arts of old\n"
        "Invited: 1 as coordinators, 0 as members.\n"
    )
    unasked = hedgerow(config, "import", str(file))
    assert (unasked.exit_code, "Say --yes" in unasked.stderr) == (1, True)
    assert "Nobody is invited without --invite: one person could be." in unasked.stdout


def test_o3_a_file_that_is_none_is_refused_in_a_sentence(config: Path, tmp_path: Path) -> None:
    (tmp_path / "tree.json").write_text("{}")
    said = hedgerow(config, "import", str(tmp_path / "tree.json"), "--yes")
    assert said.exit_code == 1
    assert re.search(r"Its `format` is missing; this version reads hedgerow-export/1", said.stderr)


_STAYS = "stays here – announcements, profiles, digests, who comes to events, and what was said in rooms\n"


async def _found(url: str) -> None:
    database = Database(driven(url))
    stage = Stage(database)
    await stage.found("Arts", by=(FAR,))
    await PlayedRooms(stage).settle_all()
    await database.close()
