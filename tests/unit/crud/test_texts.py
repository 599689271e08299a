"""Texts beside each other are found as each would be by itself."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from app.crud.sieve import GROUP, Sieve, kinds
from app.crud.texts import FULL, Entry, Part, Texts, Words

TEXTS = st.lists(st.text(alphabet='aAé\n', max_size=5), max_size=12)


def part_of(texts: list[str]) -> Part:
    part, entries = Part(), [Entry(10 * number, f'ü{number}', 1, f'{text}\n') for number, text in enumerate(texts)]
    for many in (*range(1, len(texts) // 2), len(texts)):
        part.append(entries[:many])
        del entries[:many]
    return part


@given(texts=TEXTS, words=st.lists(st.text(alphabet='aAé', min_size=1, max_size=3), min_size=1, max_size=3))
def test_what_matches_is_found_from_the_newest_backwards(texts: list[str], words: list[str]) -> None:
    part = part_of(texts)
    for end in range(len(texts) + 1):
        expected = [number for number in reversed(range(end)) if all(word in texts[number] for word in words)]
        assert list(part.matching(Words(words), end)) == expected


@given(texts=TEXTS, changes=st.lists(st.tuples(st.integers(0, 11), st.text(alphabet='xé', max_size=9))))
def test_texts_are_those_that_were_put_there_last(texts: list[str], changes: list[tuple[int, str]]) -> None:
    kept, expected = Texts(), list(texts)
    for text in texts:
        kept.append([text.encode()])
    for number, text in changes:
        if number < len(texts):
            kept.replace(number, text.encode())
            expected[number] = text
    assert [kept.at(number) for number in range(len(texts))] == expected
    assert len(kept.content) == kept.bounds[-1] == sum(len(text.encode()) for text in expected)


def test_a_record_is_known_by_where_it_was_created() -> None:
    part = part_of(['a', 'b', 'c'])
    assert part.rewrite(Entry(10, 'ü1', 7, 'other\n'))
    assert [part.rewrite(Entry(position, 'ü1', 8, '')) for position in (-1, 5, 25)] == [False] * 3
    assert (list(part.versions), part.texts.at(1), part.ids.at(1)) == ([1, 7, 1], 'other\n', 'ü1')
    assert [part.before(position) for position in (None, 0, 10, 11, 99)] == [3, 0, 1, 2, 3]


NUMBERS = st.lists(st.integers(0, 300), min_size=1, max_size=80)


@given(numbers=NUMBERS, changed=NUMBERS, which=st.integers(0))
def test_no_text_falls_through_the_sieve(numbers: list[int], changed: list[int], which: int) -> None:
    texts, word = [f'n{number}é' for number in numbers], (numbers + changed)[which % len(numbers + changed)]
    part = part_of(texts)
    for number, other in enumerate(changed[: len(numbers)]):
        texts[number] = f'm{other}'
        part.rewrite(Entry(10 * number, f'ü{number}', 2, f'm{other}\n'))
    for end in (len(texts), len(texts) // 2):
        expected = [number for number in reversed(range(end)) if str(word) in texts[number]]
        assert list(part.matching(Words([str(word)]), end)) == expected


def test_few_texts_are_looked_at_for_a_word_of_three_letters() -> None:
    sieve = Sieve()
    for number in range(FULL):
        sieve.add(number, f'customer {98_000 + number}\n'.encode())
    looked_at = sum(end - begin for begin, end in sieve.records(kinds(b'345'), FULL))
    assert GROUP <= looked_at <= 8 * GROUP
    assert list(sieve.records(kinds(b'qqq'), FULL)) == []
    assert sum(end - begin for begin, end in sieve.records(kinds(b'cu'), 100)) == 100


def test_records_are_found_however_many_came_at_once() -> None:
    for many in (1, 20, 32, 33, 100):
        part, entries = Part(), [Entry(number, f'{number}', 1, f'n{100 + number}\n') for number in range(100)]
        for start in range(0, 100, many):
            part.append(entries[start : start + many])
        found = [list(part.matching(Words([str(100 + number)]), 100)) for number in range(100)]
        assert found == [[number] for number in range(100)]
