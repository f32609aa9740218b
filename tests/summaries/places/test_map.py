"""The map picture: small, the same each time, and no name over another."""

from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from math import nan

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from summaries.places import map_text
from summaries.places.map import Pin, Style, alt_text, choose_view, draw_map, most_important
from summaries.places.map_countries import country_cells
from summaries.places.map_labels import Box, Dot, place_labels
from summaries.places.map_projection import (
    AzimuthalEqualArea,
    Patterson,
    View,
    middle_longitude,
    wrap,
)
from summaries.places.map_style import PALETTES
from summaries.places.map_text import (
    choose_font,
    clean,
    fit_text,
    join_arabic,
    right_to_left,
    visual,
)
from summaries.places.map_world import decode_arcs, load_world

SIZE = (800, 500)
MOSUL = Pin("Mosul", 36.34, 43.13, 14, asked=True)
IRAQ = [MOSUL, Pin("Baghdad", 33.34, 44.4, 5), Pin("Raqa", 35.95, 39.01, 3)]
PACIFIC = [Pin("Suva", -18.14, 178.44, asked=True), Pin("Apia", -13.83, -171.77)]
POLES = [Pin("Tromsø", 69.65, 18.96, asked=True), Pin("Ushuaia", -54.8, -68.3)]
NEAR = [Pin("Tripoli", 34.43, 35.84, 4, asked=True), Pin("Beyrouth", 33.89, 35.5, 6)]
BRIEFING = [
    Pin("Tbilissi", 41.69, 44.83, 3),
    Pin("Melbourne", -37.81, 144.96, 2),
    Pin("Copiapó", -27.37, -70.33, 4),
    Pin("Paris", 48.85, 2.35, 9),
    Pin("Bagdad", 33.34, 44.4, 3),
    Pin("Beyrouth", 33.89, 35.5, 4),
    Pin("Paris (Texas)", 33.66, -95.56, 2),
    Pin("Suez", 29.97, 32.55, 3),
]
COUNTRIES = {"IQ": "Irak", "FR": "France", "SY": "Syrie", "US": "États-Unis", "IR": "Iran"}
SCENES = {"Iraq": IRAQ, "Pacific": PACIFIC, "poles": POLES, "near": NEAR, "world": BRIEFING}

positions = st.tuples(st.floats(-90, 90), st.floats(-180, 180))
dots = st.builds(
    Dot,
    x=st.floats(0, SIZE[0]),
    y=st.floats(0, SIZE[1]),
    radius=st.floats(4, 14),
    width=st.floats(8, 0.42 * SIZE[0]),
    height=st.floats(8, 24),
)


def pixels_of(pins: list[Pin]) -> list[tuple[float, float]]:
    view = choose_view(pins, load_world(), SIZE)
    points = view.points(np.array([(pin.longitude, pin.latitude) for pin in pins], float))
    return [(x, y) for x, y in points.tolist()]


def picture(png: bytes) -> Image.Image:
    return Image.open(BytesIO(png)).convert("RGB")


# The picture


@pytest.mark.parametrize("scene", SCENES)
@pytest.mark.parametrize("style", Style)
def test_a_picture_is_a_png_of_the_size_asked_for_under_100_kb(scene: str, style: Style) -> None:
    png = draw_map(SCENES[scene], style=style, title="Nouvelles", countries=COUNTRIES)
    assert png.startswith(b"\x89PNG")
    assert Image.open(BytesIO(png)).size == SIZE
    assert len(png) < 100_000


def test_the_same_pins_give_the_same_bytes() -> None:
    assert draw_map(IRAQ, countries=COUNTRIES) == draw_map(list(IRAQ), countries=dict(COUNTRIES))


def test_maps_drawn_at_once_are_the_same_as_one_by_one() -> None:
    alone = [draw_map(pins, countries=COUNTRIES) for pins in SCENES.values()]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda pins: draw_map(pins, countries=COUNTRIES), SCENES.values()))
    assert together == alone


def test_night_is_darker_than_day() -> None:
    day, night = (np.asarray(picture(draw_map(IRAQ, style=style))).mean() for style in Style)
    assert night < day / 3


@pytest.mark.parametrize("style", Style)
def test_the_asked_place_keeps_its_colour_among_few_colours(style: Style) -> None:
    colours = picture(draw_map(IRAQ, style=style)).getcolors(SIZE[0] * SIZE[1])
    assert colours is not None
    assert PALETTES[style].asked in {colour for _, colour in colours}


def test_names_of_countries_change_the_picture_only_where_they_are_given() -> None:
    assert draw_map(IRAQ) == draw_map(IRAQ, countries={"ZZ": "Nowhere", "FR": "France"})
    assert draw_map(IRAQ) != draw_map(IRAQ, countries={"IQ": "Irak"})


def test_a_map_without_pins_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one pin"):
        draw_map([])


@pytest.mark.parametrize(
    ("latitude", "longitude"), [(91, 0), (-91, 0), (0, 1e9), (nan, 0), (0, nan)]
)
def test_a_place_that_is_not_on_earth_is_refused(latitude: float, longitude: float) -> None:
    with pytest.raises(ValueError, match="not on Earth"):
        draw_map([Pin("Nowhere", latitude, longitude)])


@pytest.mark.parametrize("size", [(0, 0), (100, 500), (800, 9000)])
def test_a_size_that_is_no_picture_is_refused(size: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="pixels"):
        draw_map(IRAQ, size=size)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "😀🇫🇷",
        "\u202eMosul\u202c\u200f",
        "Mo\nsul\r\n\tcity\x00",
        "x" * 300,
        "W" * 5000,
        "Z" + "\u0301" * 200,
        "\ud800",
        "الموصل Mosul 2017 (العراق)",
        "<b>Mosul</b> & 'x' ; DROP TABLE",
        "𝕷𝖔𝖓𝖉𝖔𝖓",
    ],
)
def test_a_hostile_name_does_not_break_the_picture(name: str) -> None:
    pins = [Pin(name, 36.34, 43.13, 14, asked=True), Pin(name, 33.3, 44.4)]
    assert len(draw_map(pins, title=name, countries={"IQ": name})) < 100_000


def test_a_thousand_pins_at_one_place_make_a_picture() -> None:
    assert len(draw_map([Pin(f"Mosul {number}", 36.34, 43.13) for number in range(1000)])) < 100_000


# The view


@given(st.lists(positions, min_size=1, max_size=12))
@settings(max_examples=60, deadline=None)
def test_every_pin_is_in_the_picture(places: list[tuple[float, float]]) -> None:
    pins = [Pin("x", latitude, longitude) for latitude, longitude in places]
    for x, y in pixels_of(pins):
        assert -1 <= x <= SIZE[0] + 1
        assert -1 <= y <= SIZE[1] + 1


def test_a_single_place_shows_its_country_and_neighbours() -> None:
    world = load_world()
    view = choose_view([MOSUL], world, SIZE)
    seen = {world.codes[n - 1] for n in np.unique(country_cells(view, world)).tolist() if n}
    assert {"IQ", "SY", "IR", "TR", "KW", "SA"} <= seen


def test_places_on_both_sides_of_the_180th_meridian_lie_together() -> None:
    (west, _), (east, _) = pixels_of(PACIFIC)
    assert west < east
    view = choose_view(PACIFIC, load_world(), SIZE)
    assert view.regional
    assert abs(wrap(view.middle[0] - 183)) < 10


def test_the_world_is_cut_where_nothing_happens() -> None:
    assert middle_longitude([140, -118, 151]) == pytest.approx(-169)
    tokyo, los_angeles, sydney = pixels_of(
        [Pin("a", 35.7, 139.7), Pin("b", 34, -118.2), Pin("c", -33.9, 151.2)]
    )
    assert tokyo[0] < sydney[0] < los_angeles[0]


def test_no_outline_is_torn_across_the_picture() -> None:
    world, seam = load_world(), 0
    for lines in (world.lands, world.coasts, world.borders, world.rivers):
        for number in range(len(lines.radii)):
            steps = np.abs(np.diff(lines.line(number)[:, 0]))
            seam += int((steps[np.abs(lines.line(number)[1:, 1]) < 89] > 180).sum())
    assert seam == 0


@pytest.mark.parametrize("latitude", [90, -90])
def test_a_pole_lies_well_inside_the_picture(latitude: float) -> None:
    ((x, y),) = pixels_of([Pin("pole", latitude, 0, asked=True)])
    assert 80 < x < 720
    assert 40 < y < 460


@given(st.floats(-179, 179), st.floats(-89, 89), st.floats(-1, 1), st.floats(-1, 1))
def test_the_azimuthal_projection_comes_back(lon: float, lat: float, x: float, y: float) -> None:
    projection = AzimuthalEqualArea(lon, lat)
    back = projection.forward(np.array([projection.inverse(x, y)]))[0]
    assert back == pytest.approx((x, y), abs=1e-6)


@given(st.floats(-179, 179), st.floats(-3, 3), st.floats(-1.7, 1.7))
def test_the_cylindrical_projection_comes_back(lon: float, x: float, y: float) -> None:
    projection = Patterson(lon)
    longitude, latitude = projection.inverse(x, y)
    back = projection.forward(np.array([(lon + wrap(longitude - lon), latitude)]))[0]
    assert back == pytest.approx((x, y), abs=1e-3)


def test_a_line_may_come_twice_on_the_map_of_the_world() -> None:
    world = load_world()
    narrow = View(Patterson(0), 800 / (4 * np.pi), -2 * np.pi, 1.8, 800, 500)
    numbers = [number for number, _ in narrow.seen(world.lands)]
    assert len(numbers) > len(set(numbers))


# The shapes


def test_polylines_are_read_as_google_documents_them() -> None:
    # The example of the algorithm's page: (38.5, -120.2), (40.7, -120.95), (43.252, -126.453).
    (arc,) = decode_arcs(["_p~iF~ps|U_ulLnnqC_mqNvxq`@"], [1e-5, 1e-5], [0, 0])
    assert arc.tolist() == [
        pytest.approx(point) for point in ((38.5, -120.2), (40.7, -120.95), (43.252, -126.453))
    ]


@pytest.mark.parametrize(
    ("longitude", "latitude", "code"),
    [
        (43.13, 36.34, "IQ"),
        (2.35, 48.85, "FR"),
        (28.2, -29.5, "LS"),  # inside South Africa
        (34.1, 44.9, "UA"),  # Crimea, as the United Nations see it
        (178.44, -18.14, "FJ"),  # a port, off so coarse a coast
        (-170.0, 66.0, "RU"),  # beyond the 180th meridian
        (0.0, -90.0, "AQ"),
    ],
)
def test_a_point_is_in_its_country(longitude: float, latitude: float, code: str) -> None:
    world = load_world()
    land = world.land_at(longitude, latitude)
    assert land is not None
    assert world.codes[world.countries[land]] == code


def test_the_open_sea_is_in_no_country() -> None:
    assert load_world().land_at(-40, 31) is None


# The labels


@given(
    st.lists(dots, min_size=1, max_size=25),
    st.sampled_from([(), (Box(10, 10, 500, 40), Box(700, 480, 795, 495))]),
)
@settings(max_examples=150, deadline=None)
def test_names_never_meet_and_the_first_is_always_there(
    crowd: list[Dot], taken: tuple[Box, ...]
) -> None:
    placed = place_labels(crowd, SIZE, taken)
    boxes = [label.box for label in placed if label]
    assert placed[0] is not None
    assert all(box.within(*SIZE) for box in boxes)
    assert not any(
        one.meets(other) for i, one in enumerate(boxes) for other in [*boxes[:i], *taken]
    )


@given(st.lists(dots, min_size=2, max_size=20))
@settings(max_examples=60, deadline=None)
def test_no_name_but_the_first_covers_a_pin(crowd: list[Dot]) -> None:
    for dot, label in zip(crowd[1:], place_labels(crowd, SIZE)[1:], strict=True):
        others = [other for other in crowd if other is not dot]
        assert label is None or not any(label.box.meets(other.box) for other in others)


def test_a_lone_name_stands_right_of_its_pin_and_at_the_right_edge_left_of_it() -> None:
    (label,) = place_labels([Dot(400, 250, 6, 60, 14)], SIZE)
    assert label is not None
    assert label.box.left > 406
    (label,) = place_labels([Dot(780, 250, 6, 60, 14)], SIZE)
    assert label is not None
    assert label.box.right < 774


def test_two_pins_at_one_point_both_have_names() -> None:
    first, second = place_labels([Dot(400, 250, 8, 60, 14), Dot(402, 250, 6, 60, 14)], SIZE)
    assert first is not None
    assert second is not None


def test_a_pin_hemmed_in_has_a_leader_line() -> None:
    middle = Dot(400, 250, 5, 120, 14)
    ring = [Dot(400 + x, 250 + y, 5, 0, 0) for x in (-16, 0, 16) for y in (-16, 0, 16) if x or y]
    label = place_labels([*ring[:1], middle, *ring[1:]], SIZE)[1]
    assert label is not None
    assert label.leader is not None


# The text


def test_a_name_is_one_line_without_marks_emoji_or_controls() -> None:
    assert clean("\u202e Mo\nsul\x00 😀\u200f ") == "Mo sul"
    assert clean("E\u0301") == "É"
    assert clean("x" * 5000) == "x" * map_text.LONGEST
    assert len(clean("a" + "\u0301" * 50 + "b")) <= 4


def test_the_joiners_of_persian_stay() -> None:
    assert "\u200c" in clean("می\u200cخواهم")


@pytest.mark.parametrize(
    "name",
    "Mosul Łódź Đà·Nẵng Ağrı Москва Київ Αθήνα Երևան თბილისი الموصل تهران כרמיאל दिल्ली ঢাকা "
    "சென்னை กรุงเทพฯ አዲስ 北京 東京 ソウル 서울".replace("·", "").split(),
)
def test_every_script_of_the_readers_has_letters(name: str) -> None:
    assert choose_font(clean(name), bold=False, shaping=True) is not None
    assert fit_text(name, 14, 300) is not None


def test_a_name_that_lacks_a_letter_is_not_written_at_all() -> None:
    assert fit_text("Mo𝕷sul", 14, 300) is None
    assert fit_text("😀", 14, 300) is None


def test_a_long_name_is_cut_to_its_width() -> None:
    text = fit_text("Llanfairpwllgwyngyll" * 5, 14, 150)
    assert text is not None
    assert text.shown.endswith("…")
    assert text.size[0] <= 150


def test_arabic_letters_join_as_unicode_says() -> None:
    # Seen U+0633 initial, lam-alef ligature final, meem isolated.
    assert join_arabic("سلام") == "\ufeb3\ufefc\ufee1"
    assert join_arabic("Mosul 12") == "Mosul 12"


def test_without_shaping_a_name_from_the_right_is_turned_and_its_numbers_are_not() -> None:
    assert visual("Mosul") == "Mosul"
    assert visual("יפו 2024") == "2024 ופי"
    assert visual("(יפו)") == "(ופי)"


def test_without_shaping_arabic_is_still_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(map_text, "can_shape", lambda: False)
    map_text._font.cache_clear()
    text = fit_text("الموصل", 14, 300)
    map_text._font.cache_clear()
    assert text is not None
    assert text.shown == visual("الموصل")
    assert choose_font("दिल्ली", bold=False, shaping=False) is None


def test_the_first_letter_tells_the_direction() -> None:
    assert right_to_left("2017 الموصل Mosul")
    assert not right_to_left("Mosul الموصل")


# The words for who cannot see


def test_the_words_name_the_asked_place_first_then_by_mentions() -> None:
    pins = [Pin("Raqa", 0, 0, 3), Pin("Baghdad", 0, 0, 5), Pin("Mosul", 0, 0, 1, asked=True)]
    assert alt_text(pins) == "Map: Mosul, Baghdad, Raqa"
    assert alt_text(pins, pattern="Carte : {places}.") == "Carte : Mosul, Baghdad, Raqa."


def test_the_words_are_short_clean_and_said_once() -> None:
    pins = [Pin("Mo\nsul", 0, 0), Pin("Mosul", 0, 0), Pin("Mo sul", 0, 0)]
    assert alt_text(pins) == "Map: Mo sul, Mosul"
    assert len(alt_text([Pin(f"{n}" * 100, 0, 0) for n in range(100)])) <= 1000


def test_only_the_most_important_pins_are_drawn() -> None:
    pins = [Pin(str(number), 0, 0, number) for number in range(100)]
    asked = Pin("asked", 0, 0, 0, asked=True)
    assert most_important([*pins, asked])[:2] == [asked, pins[99]]
    assert len(most_important(pins)) == 40
