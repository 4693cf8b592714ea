"""Lines that say the same thing are one pattern, without being told of any format."""

import random
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.logs.merging import merge
from console.logs.patterns import OTHER, Miner
from console.logs.varying import Thresholds, split
from tests.logs.loghub import ABSENT, LabelledSet, grouping_accuracy, labelled_sets

SETS = labelled_sets()
needs_loghub = pytest.mark.skipif(not SETS, reason=ABSENT)
NAMES = [f"{a}{b}" for a in ("anna", "ben", "carla", "dan") for b in ("a", "e", "i", "o")]


def templates(messages: list[str]) -> list[str]:
    miner = Miner()
    miner.add(messages)
    return [one.template for one in miner.patterns()]


def groups(messages: list[str], portions: list[int]) -> list[frozenset[int]]:
    """Which lines are together, when they come in portions of these sizes."""
    miner = Miner(most_shapes=20)
    numbers: list[int] = []
    at = 0
    for size in [*portions, len(messages)]:
        numbers += miner.add(messages[at : at + size])
        at += size
    found = [
        frozenset(line for line, number in enumerate(numbers) if number in one.shapes)
        for one in miner.patterns()
    ]
    assert sum(map(len, found)) == len(messages)
    return found


def test_lines_that_differ_in_values_are_one_pattern():
    messages = [f"Found child {number} in scoreboard slot {number % 9}" for number in range(100)]
    assert templates(messages) == ["Found child <number> in scoreboard slot <number>"]


def test_a_name_after_user_varies_from_the_second_on():
    assert templates(["Invalid user anna", "Invalid user ben"]) == ["Invalid user <word>"]


def test_two_words_alone_do_not_make_a_variable():
    assert len(templates(["Memory cache started", "Disk cache started"])) == 2


def test_many_different_words_at_one_place_are_values():
    assert templates([f"Department {name} is closed" for name in NAMES]) == [
        "Department <word> is closed"
    ]


def test_two_words_may_vary_at_once():
    messages = [f"Department {a} calls {b} back" for a in NAMES for b in NAMES if a < b]
    random.Random(1).shuffle(messages)
    sparse = messages[:60]
    assert templates(sparse) == ["Department <word> calls <word> back"]


def test_any_number_of_words_may_vary_where_lines_are_many():
    chance = random.Random(2)
    words = ["".join(chance.choices("abcdefghij", k=6)) for _ in range(2000)]
    messages = [
        "order of {} was shipped to town {} by {} today".format(*chance.choices(words, k=3))
        for _ in range(2000)
    ]
    assert templates(messages) == ["order of <word> was shipped to town <word> by <word> today"]


def test_many_different_sentences_are_no_crowd():
    chance = random.Random(3)
    words = ["".join(chance.choices("abcdefghij", k=6)) for _ in range(300)]
    messages = {" ".join(chance.choices(words, k=6)) for _ in range(400)}
    assert len(templates(sorted(messages))) == len(messages)


def test_the_worst_messages_are_merged_in_seconds():
    chance = random.Random(4)
    words = ["".join(chance.choices("abcdefghij", k=6)) for _ in range(3000)]
    messages = [" ".join(chance.choices(words, k=24 + n % 2 * 300)) for n in range(600)]
    began = time.process_time()
    assert len(templates(messages)) == 600
    assert time.process_time() - began < 5


def test_the_first_word_says_who_speaks():
    services = ["cupsd", "hcid", "klogd", "portmap", "sdpd", "syslogd", "crond", "sshd", "ftpd"]
    assert len(templates([f"{one} startup succeeded" for one in services + NAMES[:4]])) == 13


def test_a_name_before_an_equals_sign_is_no_value():
    assert len(templates([f"setting {name} = 7 now" for name in NAMES])) == len(NAMES)


def test_something_of_a_line_always_stays():
    assert len(templates(NAMES)) == len(NAMES)


def test_words_of_a_script_without_spaces_vary_too():
    kana = ["テスト", "ホテル", "カメラ", "ピアノ", "レモン", "トマト", "メロン", "バナナ"]
    kana += ["パンダ", "サンプル"]
    messages = [f"株式会社{name}の請求書{n}を送信しました" for n, name in enumerate(kana)]
    assert templates(messages) == ["株式会社<word>の請求書<number>を送信しました"]


def test_what_is_the_same_in_many_examples_is_shown_as_it_is():
    messages = [f"Block rdd_{n} of size 67108864 done" for n in range(40)]
    assert templates(messages) == ["Block <id> of size 67108864 done"]


def test_a_pattern_says_why_its_lines_are_together():
    miner = Miner()
    miner.add(f"Failed password for {name} port {n}" for n, name in enumerate(NAMES))
    (pattern,) = miner.patterns()
    assert pattern.why == (
        "The same 4 words in the same order, with the same punctuation.",
        "Place 1, a word, may vary: annaa, annae, annai and 13 more; "
        "16 different words stood after the same preposition.",
        "Place 2, a number, may vary: 0, 1, 2 and 13 more.",
    )
    assert pattern.count == 16
    assert len(pattern.examples) == 5


def test_the_most_frequent_pattern_comes_first():
    assert templates(["rare thing"] + ["usual thing happened"] * 3)[0] == "usual thing happened"


def test_a_pattern_has_the_same_id_in_every_run():
    first, second = Miner(), Miner()
    first.add(["disk 1 is full", "something else"])
    second.add(["before", "disk 2 is full"])
    ids = [
        {one.id for one in miner.patterns() if "full" in one.template} for miner in (first, second)
    ]
    assert ids[0] == ids[1] == {"1-" + next(iter(ids[0])).removeprefix("1-")}


def test_memory_is_bounded_and_what_does_not_fit_is_counted_apart():
    miner = Miner(most_shapes=50)
    numbers = miner.add("word" + "!" * n + "alone" for n in range(200))
    other = [one for one in miner.patterns() if OTHER in one.shapes]
    assert other[0].count == numbers.count(OTHER) == 200 - miner_shapes(miner)
    assert "50" in other[0].why[0]


def miner_shapes(miner: Miner) -> int:
    return len([one for one in miner.patterns() if OTHER not in one.shapes])


def test_patterns_merged_for_good_take_later_lines_and_keep_their_reasons():
    miner = Miner(most_shapes=20)
    numbers = miner.add(f"Department {a}{b} is closed" for a in NAMES for b in NAMES)
    (pattern,) = miner.patterns()
    assert pattern.count == 256
    assert set(numbers) <= pattern.shapes
    assert "different words stood there" in pattern.why[1]


WORDS = st.sampled_from(
    ["disk", "full", "user", "for", *NAMES[:12], "7", "x=1", "/a/b", "a.b", "c.d"]
)
LINES = st.lists(st.lists(WORDS, min_size=1, max_size=5).map(" ".join), max_size=80)


@settings(max_examples=150, deadline=None)
@given(LINES, st.lists(st.integers(0, 30), max_size=6))
def test_portions_make_no_difference(messages: list[str], portions: list[int]):
    assert groups(messages, portions) == groups(messages, [])


@settings(max_examples=150, deadline=None)
@given(LINES, st.randoms(use_true_random=False))
def test_the_order_of_shapes_makes_no_difference(messages: list[str], chance: random.Random):
    mixed = list(messages)
    chance.shuffle(mixed)
    limits = Thresholds(word=3, first=4, pair=4, crowd=8)
    assert merge(mixed, limits) == merge(messages, limits)


@given(st.text(max_size=60))
def test_words_and_separators_are_the_whole_shape(text: str):
    assert str(split(text)) == text


@needs_loghub
def test_labelled_logs_are_grouped_as_people_grouped_them():
    """The goals: mean grouping accuracy 0.85, mean F1 over groups 0.91."""
    scores = [grouping_accuracy(one.groups, mined(one)) for one in SETS]
    assert sum(ga for ga, _ in scores) / len(scores) >= 0.85
    assert sum(fga for _, fga in scores) / len(scores) >= 0.91


@needs_loghub
@pytest.mark.parametrize("labelled", SETS, ids=lambda one: one.name)
def test_a_real_log_in_portions_is_grouped_as_in_one_piece(labelled: LabelledSet):
    assert mined(labelled, 1) == mined(labelled, 333) == mined(labelled)


def mined(labelled: LabelledSet, portion: int = 2000) -> list[str]:
    """The pattern of each line."""
    miner = Miner()
    numbers: list[int] = []
    for at in range(0, len(labelled.messages), portion):
        numbers += miner.add(labelled.messages[at : at + portion])
    of = {number: one.id for one in miner.patterns() for number in one.shapes}
    return [of[number] for number in numbers]
