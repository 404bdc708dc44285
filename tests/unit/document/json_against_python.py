#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Asks Raykeep's JSON reader and Python's the same questions: random values, and texts with random damage.

Both must accept the same texts and read the same values. Python's reader is made as strict as RFC 8259 where it is
lenient: constants such as NaN, duplicate keys, lone surrogates and a byte order mark are refused.
usage: json_against_python.py VERDICT_PROGRAM [SEED]
"""
import json
import random
import subprocess
import sys

DEEPEST = 100


def no_duplicates(pairs):
    keys = [key for key, _ in pairs]
    if len(set(keys)) != len(keys):
        raise ValueError("duplicate key")
    return dict(pairs)


def refuse(_):
    raise ValueError("not JSON")


def depth(value):
    if isinstance(value, dict):
        return 1 + max(map(depth, value.values()), default=0)
    return 1 + max(map(depth, value), default=0) if isinstance(value, list) else 0


def read_strictly(text):
    """The value of UTF-8 bytes, numbers as their text; ValueError when it is not JSON."""
    value = json.loads(text.decode("utf-8", "strict"), object_pairs_hook=no_duplicates, parse_constant=refuse,
                       parse_int=lambda t: ("n", t), parse_float=lambda t: ("n", t))
    dump(value).encode("utf-8")  # UnicodeEncodeError, a ValueError, for lone surrogates
    if depth(value) > DEEPEST:
        raise ValueError("too deep")
    return value


def dump(value):
    if isinstance(value, tuple):
        return value[1]
    if isinstance(value, dict):
        return "{" + ",".join(f"{dump(k)}:{dump(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(dump, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def random_value(rng, level=0):
    kind = rng.randrange(9 if level < 5 else 6)
    if kind == 0:
        return rng.choice([None, True, False])
    if kind == 1:
        return rng.randrange(-10**rng.randrange(1, 25), 10**20)
    if kind == 2:
        return rng.random() * 10.0 ** rng.randrange(-20, 20)
    if kind < 6:
        return "".join(rng.choice('ab"\\/\n\t\x00\x1f\x7f é€\u2028😀{}[]:,0') for _ in range(rng.randrange(8)))
    if kind == 6:
        return {str(random_value(rng, 9)): random_value(rng, level + 1) for _ in range(rng.randrange(5))}
    return [random_value(rng, level + 1) for _ in range(rng.randrange(5))]


PIECES = [b'"', b"\\", b"\\u", b"\\ud83d", b"\\ude00", b"{", b"}", b"[", b"]", b",", b":", b"0", b"1", b"-", b"+", b".",
          b"e", b"E", b" ", b"\n", b"\t", b"\r", b"\f", b"\x00", b"\x1f", b"\x7f", b"\xff", b"\xc2", b"\xa0", b"NaN", b"true",
          b"null", b"Infinity", b"//", b"'", b"a", b"\xef\xbb\xbf", b"\xed\xa0\x80", b'"a":1', b"[" * 60, b"]" * 60]


def damage(rng, text):
    text = bytearray(text)
    for _ in range(rng.randrange(1, 4)):
        at = rng.randrange(len(text) + 1)
        cut = rng.choice([0, 0, 1, 1, 2, 5])
        text[at:at + cut] = rng.choice(PIECES) if rng.random() < 0.8 else bytes([rng.randrange(256)])
    return bytes(text)


def texts(rng, count):
    for _ in range(count):
        value = random_value(rng)
        text = json.dumps(value, ensure_ascii=rng.random() < 0.5, indent=rng.choice([None, None, 1])).encode()
        yield text
        yield damage(rng, text)
        yield damage(rng, text)


def main():
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 20261123
    asked = list(texts(random.Random(seed), 10000))
    answers = subprocess.run([sys.argv[1]], input="\n".join(t.hex() for t in asked) + "\n", capture_output=True, text=True,
                             check=True).stdout.splitlines()
    assert len(answers) == len(asked), (len(answers), len(asked))
    wrong = accepted = 0
    for text, answer in zip(asked, answers):
        try:
            expected = dump(read_strictly(text))
            accepted += 1
        except (ValueError, RecursionError):
            expected = "refused"
        got = answer if answer == "refused" else bytes.fromhex(answer).decode()
        try:
            same = got == expected or (got != "refused" != expected and dump(read_strictly(got.encode())) == expected)
        except ValueError:
            same = False
        if not same:
            wrong += 1
            print(f"{text!r}\n  expected {expected!r}\n  got      {got!r}")
    print(f"{len(asked)} texts, {accepted} accepted, {len(asked) - accepted} refused, {wrong} differences")
    # A run that only accepts or only refuses would prove nothing.
    return 1 if wrong or accepted < 1000 or len(asked) - accepted < 1000 else 0


sys.exit(main())
