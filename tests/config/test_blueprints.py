import pytest

from config.blueprints import read_blueprint, template, template_names
from config.documents import parse_document
from spaces.blueprint import BlueprintRefused, WantedBridge, WantedGroup, WantedNetwork
from spaces.blueprint_checks import check
from spaces.errors import Unknown
from spaces.network import Access, Kind

SOMERSET = """\
version: 1
networks:
  - name: Somerset
    kind: ecosystem            # network if left out
    access: public
    topic: Everyone who makes Somerset well
    coordinators: ["@alice:example.org", "@alice:example.org"]
    networks:
      - name: Arts UK
        access: private
        ask: true
        language: cy
        groups:
          - {name: Painting, access: private, topic: Brushes and courage}
          - {name: Board, access: invite, listed: true, encrypted: true}
      - name: Health UK
bridges:
  - name: Arts & Health
    between: [Arts UK, Health UK]
    groups: [{name: Singing for Lungs}]
    networks:
      - name: Choirs
"""


@pytest.fixture
def read(tmp_path):
    def from_text(text, known_names=None):
        path = tmp_path / "place.yaml"
        path.write_text(text)
        return read_blueprint(path, known_names)

    return from_text


@pytest.fixture
def problems(read):
    def of_text(text, known_names=None):
        with pytest.raises(BlueprintRefused) as refused:
            read(text, known_names)
        return [(problem.line, problem.sentence) for problem in refused.value.problems]

    return of_text


def test_a_blueprint_is_read_as_values(read):
    blueprint = read(SOMERSET, ())
    arts = WantedNetwork(
        "Arts UK",
        access=Access.PRIVATE,
        ask=True,
        language="cy",
        groups=(
            WantedGroup("Painting", Access.PRIVATE, topic="Brushes and courage"),
            WantedGroup("Board", Access.INVITE, listed=True, encrypted=True),
        ),
    )
    assert blueprint.networks == (
        WantedNetwork(
            "Somerset",
            Kind.ECOSYSTEM,
            Access.PUBLIC,
            topic="Everyone who makes Somerset well",
            coordinators=("@alice:example.org",),
            networks=(arts, WantedNetwork("Health UK")),
        ),
    )
    assert blueprint.bridges == (
        WantedBridge(
            "Arts & Health",
            ("Arts UK", "Health UK"),
            groups=(WantedGroup("Singing for Lungs"),),
            networks=(WantedNetwork("Choirs"),),
        ),
    )


def test_each_thing_knows_its_line(read):
    blueprint = read(SOMERSET)
    (somerset,) = blueprint.networks
    arts, health = somerset.networks
    assert (somerset.line, arts.line, arts.groups[1].line, health.line) == (3, 9, 15, 16)
    assert (blueprint.bridges[0].line, blueprint.bridges[0].networks[0].line) == (18, 22)


def test_a_wrong_key_is_refused_with_the_nearest_and_its_line(problems):
    text = "version: 1\nnetworks:\n  - name: Arts UK\n    acess: public\n"
    assert problems(text) == [(4, "There is no key “acess” here. Did you mean “access”?")]


@pytest.mark.parametrize(
    ("lines", "line", "sentence"),
    [
        ("access: secret", 4, "`access` must be public, private, invite; it is “secret”."),
        (
            "access: pubic",
            4,
            "`access` must be public, private, invite; it is “pubic”. Did you mean “public”?",
        ),
        ("language: welsh", 4, "`language` must be en, cy; it is “welsh”."),
        ("kind: bridge", 4, "`kind` must be network, ecosystem; it is “bridge”."),
        ("topic: [x]", 4, "`topic` must be text, not a list. Put it into quotes if it is meant as text."),
        ("ask: maybe", 4, "`ask` must be true or false, not “maybe”."),
        ("groups: Painting", 4, "`groups` must be a list: begin each with a hyphen and `name:`."),
        ("groups: [Painting]", 4, "This must begin with `name:`, and is “Painting”."),
        ("networks: false", 4, "`networks` must be a list: begin each with a hyphen and `name:`."),
        (
            "groups:\n      - {access: public}",
            5,
            "A `name` is missing or empty. Write one of 1 to 80 characters.",
        ),
        ("name: Again", 4, "“name” is said twice here, first on line 3. Take one of them out."),
        ("coordinators: [alice]", 4, "“alice” is not a Matrix ID. One looks like @alice:example.org."),
        (
            "coordinators: '@alice:example.org'",
            4,
            '`coordinators` must be a list of Matrix IDs, such as ["@alice:example.org"].',
        ),
    ],
)
def test_a_wrong_value_is_refused_with_its_line(problems, lines, line, sentence):
    assert problems(f"version: 1\nnetworks:\n  - name: Arts UK\n    {lines}\n") == [(line, sentence)]


def test_a_name_that_yaml_takes_for_something_else_needs_quotes(problems, read):
    text = "version: 1\nnetworks:\n  - name: 2024\n  - name: yes\n"
    assert [line for line, _ in problems(text)] == [3, 4]
    assert "Put it into quotes" in problems(text)[0][1]
    assert read(text.replace("2024", "'2024'").replace("yes", "'yes'")).networks[0].name == "2024"


@pytest.mark.parametrize("text", ["version: 2\n", "networks: []\n", "version: true\n", "version: '1'\n"])
def test_the_version_is_needed(problems, text):
    assert "`version: 1`" in problems(text)[0][1]


@pytest.mark.parametrize("text", ["", "- name: Arts UK\n", "Arts UK\n"])
def test_what_is_no_blueprint_is_refused(problems, text):
    assert "begins with `version: 1`" in problems(text)[0][1]


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(BlueprintRefused, match="cannot be read"):
        read_blueprint(tmp_path / "none.yaml")


def test_a_bomb_of_aliases_is_refused_before_it_is_unfolded(problems):
    layers = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    layers += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 6)]
    ((line, sentence),) = problems("\n".join(layers))
    assert line == 1
    assert "Anchors" in sentence


def test_an_object_of_python_is_refused(problems):
    text = "version: 1\nnetworks:\n  - name: !!python/object/apply:os.getcwd []\n"
    assert problems(text)[0][0] == 3


def test_everything_wrong_is_said_at_once_format_and_rules(problems):
    text = """\
version: 1
networkz: []
networks:
  - name: Arts UK
    access: open
  - name: Arts UK
bridges:
  - name: Joint
    between: [Arts UK]
"""
    assert [line for line, _ in problems(text, ())] == [2, 5, 6, 8, 8]


def test_a_bridge_to_what_could_not_be_read_is_not_blamed(problems):
    text = """\
version: 1
networks: [{name: Arts UK}, {name: [Health UK]}]
bridges: [{name: Joint, between: [Arts UK, Health UK]}]
"""
    assert [line for line, _ in problems(text, ())] == [2]


def test_bridges_may_name_networks_of_the_server(read, problems):
    text = "version: 1\nbridges:\n  - name: Joint\n    between: [Arts UK, Health UK]\n"
    assert len(read(text).bridges) == 1
    assert len(read(text, ["Arts UK", "Health UK"]).bridges) == 1
    assert problems(text, ["Arts UK"]) == [(3, "There is no network “Health UK” for “Joint”.")]


def test_spaces_around_a_name_are_taken_off_and_letters_brought_into_one_form(read):
    text = 'version: 1\nnetworks:\n  - name: " Cafe\u0301 "\n'
    assert read(text).networks[0].name == "Café"


def test_one_can_go_forty_deep(read):
    lines = ["version: 1"]
    for depth in range(40):
        indent = "  " * (2 * depth)
        lines += [f"{indent}networks:", f"{indent}  - name: Level {depth}"]
    network = read("\n".join(lines)).networks[0]
    for _ in range(39):
        (network,) = network.networks
    assert network.name == "Level 39"


# -- templates --------------------------------------------------------------------------------------


def all_below(network):
    yield network
    for child in network.networks:
        yield from all_below(child)


def test_the_templates_are_these():
    assert template_names() == ["integrated-care-system", "neighbourhood"]


@pytest.mark.parametrize("name", template_names())
def test_a_template_is_sound_and_has_one_top_that_takes_another_name(name):
    blueprint = template(name)
    assert check(blueprint, ()) == []
    renamed = blueprint.renamed("Devon")
    assert renamed.networks[0].name == "Devon"
    assert check(renamed, ()) == []


@pytest.mark.parametrize("name", template_names())
def test_everything_in_a_template_has_a_topic_and_nobody_is_named(name):
    blueprint = template(name)
    networks = [one for top in (*blueprint.networks, *blueprint.bridges) for one in all_below(top)]
    groups = [group for network in networks for group in network.groups]
    assert all(thing.topic for thing in [*networks, *groups])
    assert not any(network.coordinators for network in networks)


def test_the_template_of_a_care_system_is_a_whole_place():
    blueprint = template("integrated-care-system")
    networks = list(all_below(blueprint.networks[0]))
    groups = [group for network in (*networks, *blueprint.bridges) for group in network.groups]
    assert blueprint.networks[0].name == "Somerset"
    assert 12 <= len(networks) <= 16
    assert 35 <= len(groups) <= 45
    assert {bridge.name for bridge in blueprint.bridges} >= {"Arts & Health", "Nature & Health"}
    assert any(network.access is Access.INVITE and network.listed for network in networks)
    assert any(group.access is Access.INVITE for group in groups)


def test_an_unknown_template_is_refused_with_the_nearest():
    with pytest.raises(Unknown, match="Did you mean “neighbourhood”"):
        template("neighborhood")
    with pytest.raises(Unknown):
        template("../example")


# -- documents --------------------------------------------------------------------------------------


def test_the_line_of_what_has_none_is_that_around_it():
    document = parse_document("a:\n  b:\n    - c: 1\n")
    assert document.line_of(("a", "b", 0, "d")) == 3
    assert document.line_of(("x",)) == 1
