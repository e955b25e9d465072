"""The rivals of the Python world: a function for each row and name.

`@rival(pattern, name)` declares one. It gets the row and its input arrays, and returns a call to time and a
function that turns what the call made into an array like ours. It may raise `Skip` with a reason, which
the page then shows; that a rival is missing altogether is an error.
"""

import fnmatch


class Skip(Exception):
    """A rival that cannot be measured here."""


DECLARED = []


def rival(pattern, name):
    def declare(make):
        DECLARED.append((pattern, name, make))
        return make

    return declare


def find(row_id, name):
    for pattern, of, make in DECLARED:
        if of == name and fnmatch.fnmatch(row_id, pattern):
            return make
    raise LookupError(f"{row_id} names {name}, which no file of benches/peers/rivals declares")


def load():
    from . import arrays, audio, layers  # noqa: F401
