"""Builds the gazetteer pack: python -m summaries.places.build. Knows nothing of run time."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import marisa_trie
import numpy as np

from summaries.places.build_sources import (
    ALIAS,
    DEMONYM,
    SOUND,
    Draft,
    all_drafts,
    read_weights,
    read_words,
)
from summaries.places.folding import sound
from summaries.places.gazetteer import DEFAULT_PACK
from summaries.places.index import CODE_MARK, COMMA_MARK, KINDS, SOUND_MARK, spelling_group
from summaries.places.pack import write_pack

CONFIG = Path(__file__).parents[2] / "config" / "places"

# Below this standing a name is not offered as a correction of a typo, nor found by its sound.
SPELLING_STANDING = 5.6
SOUND_STANDING = 6.0

# A prefix that begins more names than this has its best completions listed in the pack.
_CROWD = 1500
_COMPLETIONS = 40


def build(target: Path, config: Path = CONFIG) -> int:
    """Build the pack from the sources and return its size in bytes."""
    drafts = all_drafts(config)
    _check_ids(drafts)
    postings = _postings(drafts)
    trie = marisa_trie.Trie(sorted(postings))
    sections = {
        "trie": trie.tobytes(),
        **_posting_sections(trie, postings),
        **_place_sections(drafts),
        **_label_sections(drafts),
        **_spelling_sections(drafts),
        "words": json.dumps(read_words(config), ensure_ascii=False, sort_keys=True).encode(),
        "adjectives": json.dumps(_first_words(postings), ensure_ascii=False).encode(),
        "weights": json.dumps(read_weights(config)).encode(),
        "prefixes": json.dumps(_prefixes(postings, drafts), ensure_ascii=False).encode(),
    }
    return write_pack(target, sections)


def _check_ids(drafts: list[Draft]) -> None:
    seen: dict[int, str] = {}
    for draft in drafts:
        if draft.id in seen:
            raise SystemExit(f"two places have one id: {seen[draft.id]} and {draft.key}")
        seen[draft.id] = draft.key


def _postings(drafts: list[Draft]) -> dict[str, list[tuple[int, int]]]:
    """Return for each key the places it may mean (index, rank), the best known first."""
    postings: dict[str, list[tuple[int, int]]] = {}
    for index, draft in enumerate(drafts):
        for name, rank in draft.names.items():
            postings.setdefault(name, []).append((index, rank))
        for code in draft.codes:
            postings.setdefault(code, []).append((index, ALIAS))
        for key in _sounds(draft):
            postings.setdefault(SOUND_MARK + key, []).append((index, SOUND))
    return postings


def _sounds(draft: Draft) -> set[str]:
    if draft.standing < SOUND_STANDING or draft.kind in ("building", "water"):
        return set()
    keys = {sound(name) for name, rank in draft.names.items() if name.isascii() and rank <= SOUND}
    return {key for key in keys if len(key) >= 3}


def _posting_sections(
    trie: marisa_trie.Trie, postings: dict[str, list[tuple[int, int]]]
) -> dict[str, bytes]:
    ordered = sorted(postings.items(), key=lambda item: trie[item[0]])
    counts = np.array([len(places) for _, places in ordered], dtype="<u4")
    starts = np.concatenate([[0], np.cumsum(counts)]).astype("<u4")
    pairs = [pair for _, places in ordered for pair in places]
    return {
        "posting.start": starts.tobytes(),
        "posting.place": np.array([place for place, _ in pairs], dtype="<u4").tobytes(),
        "posting.rank": np.array([rank for _, rank in pairs], dtype="u1").tobytes(),
    }


def _place_sections(drafts: list[Draft]) -> dict[str, bytes]:
    codes = sorted({d.country for d in drafts})
    regions = sorted({d.region for d in drafts})
    country = {code: index for index, code in enumerate(codes)}
    region = {code: index for index, code in enumerate(regions)}
    names = [d.name.encode() for d in drafts]
    ids = np.array([d.id for d in drafts], dtype="<u4")
    order = np.argsort(ids, kind="stable")
    return {
        "place.id": ids.tobytes(),
        "place.latitude": np.array([d.latitude for d in drafts], dtype="<f4").tobytes(),
        "place.longitude": np.array([d.longitude for d in drafts], dtype="<f4").tobytes(),
        "place.population": np.array([d.population for d in drafts], dtype="<u4").tobytes(),
        "place.standing": np.array([d.standing for d in drafts], dtype="<f4").tobytes(),
        "place.kind": np.array([KINDS.index(d.kind) for d in drafts], dtype="u1").tobytes(),
        "place.level": np.array([d.level for d in drafts], dtype="u1").tobytes(),
        "place.country": np.array([country[d.country] for d in drafts], dtype="<u2").tobytes(),
        "place.region": np.array([region[d.region] for d in drafts], dtype="<u2").tobytes(),
        "place.name": np.cumsum([0, *map(len, names)]).astype("<u4").tobytes(),
        "names": b"".join(names),
        "by_id": order.astype("<u4").tobytes(),
        "tables": json.dumps(
            {
                "countries": codes,
                "regions": regions,
                "members": {d.id: d.members for d in drafts if d.members},
                "of_country": {d.country: i for i, d in enumerate(drafts) if d.kind == "country"},
                "of_region": {d.key: i for i, d in enumerate(drafts) if d.level == 2},
            }
        ).encode(),
    }


def _label_sections(drafts: list[Draft]) -> dict[str, bytes]:
    labels: dict[str, dict[str, str]] = {}
    for draft in drafts:
        for language, name in draft.labels.items():
            labels.setdefault(language, {})[str(draft.id)] = name
    return {
        f"labels.{language}": json.dumps(names, ensure_ascii=False, sort_keys=True).encode()
        for language, names in sorted(labels.items())
    }


def _spelling_sections(drafts: list[Draft]) -> dict[str, bytes]:
    """Return the names that a typo may stand for, by script and length, one a line."""
    groups: dict[str, set[str]] = {}
    for draft in drafts:
        if draft.standing >= SPELLING_STANDING:
            for name in draft.names:
                groups.setdefault(spelling_group(name), set()).add(name)
    return {group: "\n".join(sorted(names)).encode() for group, names in sorted(groups.items())}


def _first_words(postings: dict[str, list[tuple[int, int]]]) -> dict[str, int]:
    """Return the words that a demonym may begin with: the finder asks for each word of a text."""
    demonyms = (key for key, places in postings.items() if any(r == DEMONYM for _, r in places))
    return dict.fromkeys(sorted({key.split(" ")[0] for key in demonyms}), 1)


def _prefixes(
    postings: dict[str, list[tuple[int, int]]], drafts: list[Draft]
) -> dict[str, list[str]]:
    """Return the names that complete the prefixes of one to three letters, the best known first."""
    groups: dict[str, list[tuple[float, str]]] = {}
    for key, places in postings.items():
        if key[0] in (CODE_MARK, COMMA_MARK, SOUND_MARK):
            continue
        best = max(drafts[place].standing - 0.9 * (rank >= 3) for place, rank in places)
        for length in (1, 2, 3):
            groups.setdefault(key[:length], []).append((-best, key))
    return {
        prefix: [key for _, key in sorted(keys)[:_COMPLETIONS]]
        for prefix, keys in sorted(groups.items())
        if len(keys) > _CROWD
    }


def main() -> int:
    """Build the default pack and say how large it is."""
    started = time.perf_counter()
    size = build(DEFAULT_PACK)
    seconds = time.perf_counter() - started
    sys.stdout.write(f"{DEFAULT_PACK.name}: {size / 1e6:.1f} MB in {seconds:.0f} s\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
