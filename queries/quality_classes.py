"""The classes of the data-quality report: their names, shares, meaning and advice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class QualityClass:
    """One kind of dirt.

    Attributes
    ----------
    name : str
        The word for programs.
    title : str
        The words for people; what is counted.
    of_what : str
        Reads on from the share: "5.3 % of artefacts stand on one".
    meaning, advice : str
        A sentence each: what it does to answers, and what to do about it.
    """

    name: str
    title: str
    of_what: str
    meaning: str
    advice: str


CLASSES: Final = (
    QualityClass(
        "phantom_parents", "Phantom parents", "of artefacts stand on one",
        "Somebody names it as a parent, nobody has seen it: mistyped, renamed, "
        "private, deleted, or outside what was crawled.",
        "Look at the first ones by hand; a crawl of their owners (headwater crawl "
        "--author) or a catalogue entry settles each for all that stand on it.",
    ),
    QualityClass(
        "aliases", "Aliases", "of artefacts have another name",
        "The name leads to an artefact that is called otherwise now; claims by either "
        "name meet in one node.",
        "Nothing to mend; cards that use an old name break on the day on which "
        "somebody else takes it.",
    ),
    QualityClass(
        "replacements", "Replaced names", "of claims name one as parent",
        "Another artefact took the name over, so what was declared before may mean "
        "the former one; it is never treated as the same.",
        "Compare the dates of the claims (headwater why) with the day of the "
        "replacement, and curate the edges that mean the former one.",
    ),
    QualityClass(
        "self_loops", "Self-loops", "of pairs that somebody names",
        "The card names its own repository as its parent; left out of every traversal.",
        "Its true parent is unknown: ask the author, or take it from config.json.",
    ),
    QualityClass(
        "cycles", "Cycles", "of artefacts are on one",
        "Each of them descends from itself. By weights that cannot be; a model and the "
        "data that it helped to make can grow together. A cycle of weights counts as "
        "one where roots are attributed.",
        "By weights it is usually two repositories that name each other: deny the "
        "wrong edge in a catalogue file.",
    ),
    QualityClass(
        "several_relations", "Pairs with several relations", "of edges",
        "Claims about one pair state different relations; the edge follows the "
        "source of highest precedence and is marked disputed.",
        "headwater why CHILD PARENT shows who says what; a curated claim with a "
        "primary source decides.",
    ),
    QualityClass(
        "card_against_tags", "Card against tags",
        "of the base models of children of which two Hub sources speak",
        "The Hub's list, the card and the tags do not name the same base models; an "
        "edge that one of them lacks is marked disputed.",
        "Often the card was edited after the Hub had resolved it, or a list was cut; "
        "headwater diff-sources hub:cardData hub:tag lists them all.",
    ),
    QualityClass(
        "local_paths", "Local paths as parents", "of values read",
        "The field holds a path on somebody's disk, which names no artefact; the "
        "parent is unknown. A value that two crawls met counts twice.",
        "The last part of the path often names the parent, but that is a guess and "
        "no claim is made of it; ask the author.",
    ),
    QualityClass(
        "skipped_values", "Other values left out", "of values read",
        "A field could not be read as what it should hold; it was left out and "
        "counted. A value that two crawls met counts twice.",
        "A reason that grows from crawl to crawl is worth a look into report.json of "
        "the run.",
    ),
    QualityClass(
        "older_children", "Children older than a parent",
        "of derivations with both dates",
        "By the dates the child was there before what it is made from: the parent was "
        "uploaded again, the card was edited later, or the pair is turned round.",
        "Answers as of a date miss the parent; curate the true day of release, or "
        "deny the edge.",
    ),
    QualityClass(
        "licence_gaps", "Licence gaps", "of artefacts that were seen",
        "Absent: the document declares no licence, so no right to use it is given. "
        "Unknown: no document was read that could tell.",
        "Crawl for what is unknown; take what is absent for no permission.",
    ),
    QualityClass(
        "undeclared_lineage", "Models of undeclared lineage",
        "of models that were seen",
        "No parent, no word of training from scratch, and nobody else builds on it: "
        "it may stand on anything, and is never counted as safe.",
        "It widens every interval of headwater concentration; ask the authors of the "
        "most used ones.",
    ),
)  # fmt: skip
BY_NAME: Final = {item.name: item for item in CLASSES}
