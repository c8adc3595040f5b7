#!/usr/bin/env python3
"""Checks a bundle of Throughline: python3 verify_bundle.py BUNDLE [--key NAME+ID+KEY]

It needs no network, no server and nothing of ours: Python 3.8 or later, and one package for Ed25519 signatures,
`cryptography` (Debian: python3-cryptography) or PyNaCl. docs/BUNDLE.md says what is checked, byte by byte.
Exit codes: 0 the bundle holds, 1 it is refused, 2 wrong call, a file that cannot be read, no Ed25519.
"""

import base64, datetime, hashlib, hmac, json, sys

MAX_LINE, MAX_ENTRIES, MAX_STREAMS = 192 * 1024 * 1024, 1 << 30, 65_536
EXPORT, GAP, KINDS = 9, 10, 11
CLASSES = [
    "nobody",
    "a shared secret sent in clear text (E1)",
    "a signature over the body with a shared secret (E2)",
    "a signature over id, time and body with a shared secret (E3)",
    "the identity of the workload, confirmed by its platform (E4)",
    "a signature inside the content itself (E5)",
    "our own reading of the provider's API",
    "the word of a logged-in person",
    "the ledger itself",
]
CONTENTS = {"delivery_id", "headers"}
OPENINGS = [{"salt", "body"} | CONTENTS, {"salt", "body_base64"} | CONTENTS, {"delivery_key", "headers_key"} | CONTENTS]

class Refused(Exception):
    """The bundle does not hold."""

def need(condition, why):
    if not condition:
        raise Refused(why)

def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()

def mac(key, content):
    return hmac.new(key, content, "sha256").digest()

def unhex(text, size):
    data = bytes.fromhex(text)
    need(len(data) == size and data.hex() == text, "%d bytes in lower-case hexadecimal digits belong here" % size)
    return data

def unbase64(text, size):
    data = base64.b64decode(text, validate=True)
    need(len(data) == size and base64.b64encode(data).decode() == text, "base64 of %d bytes belongs here" % size)
    return data

def number(value):
    need(type(value) is int and 0 <= value < 1 << 64, "a whole number belongs here")
    return value

def members(line, *names, exact=False):
    """The JSON object of a line, which begins with the first of these members, and has the others. `exact` for lines
    that no recorded digest covers: they must be in their one written form."""
    need(line.startswith(('{"%s":' % names[0]).encode()), 'a line that begins with {"%s": belongs here' % names[0])
    found = json.loads(line.decode("utf-8"))
    more = set(found) - set(names)
    need(len(found) - len(more) == len(names), "the line lacks a member")
    need(not more or names[0] == "entry" and more in OPENINGS, "the line has members that do not belong together")
    written = exact and json.dumps(found, ensure_ascii=False, separators=(",", ":")).encode("utf-8") + b"\n"
    need(not exact or written == line, "the line is not in its one written form")
    return found

def to_micros(text):
    moment = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    return (moment - datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)) // datetime.timedelta(microseconds=1)

def to_text(micros):
    """RFC 3339, with three or six digits below the second where they are needed."""
    seconds, rest = divmod(micros, 1_000_000)
    text = (datetime.datetime(1970, 1, 1) + datetime.timedelta(seconds=seconds)).isoformat()
    return text + ("" if rest == 0 else ".%03d" % (rest // 1000) if rest % 1000 == 0 else ".%06d" % rest) + "Z"

class Leaf:
    def __init__(self, text):
        data = unhex(text, 132)
        self.kind, self.evidence, self.stream = data[1], data[2], data[12:28]
        self.received = int.from_bytes(data[4:12], "big", signed=True)
        self.counter = int.from_bytes(data[28:36], "big")
        need(data[0] == 1 and data[3] == 0 and self.counter > 0, "this is no leaf of a layout that is known")
        need(0 < self.kind <= KINDS and 0 < self.evidence < len(CLASSES), "the kind or the class of the leaf is unknown")
        self.commitments = {"delivery-id": data[36:68], "headers": data[68:100], "body": data[100:132]}
        self.hash = sha256(b"\x00", data)

    def open(self, line):
        """Holds the contents in a line against the commitments; answers whether the body is there."""
        contents = {"delivery-id": line["delivery_id"].encode("utf-8"), "headers": line["headers"].encode("utf-8")}
        if "salt" in line:
            contents["body"] = (line["body"].encode("utf-8") if "body" in line
                                else base64.b64decode(line["body_base64"], validate=True))
            salt = unhex(line["salt"], 32)
            keys = {field: mac(salt, b"throughline/v1/" + field.encode()) for field in contents}
        else:
            keys = {"delivery-id": unhex(line["delivery_key"], 32), "headers": unhex(line["headers_key"], 32)}
        for field, content in contents.items():
            need(mac(keys[field], content) == self.commitments[field], "the %s is not what was committed to" % field)
        return "body" in contents

class Tree:
    """The growing edge of a Merkle tree (RFC 6962): the roots of its largest complete subtrees, from left to right."""

    def __init__(self):
        self.size, self.edge = 0, []

    def append(self, root, level=0):
        """Adds a leaf, or a complete subtree of 2 to the power of `level` leaves."""
        rest = self.size >> level
        while rest & 1:
            root, rest = sha256(b"\x01", self.edge.pop(), root), rest >> 1
        self.edge.append(root)
        self.size += 1 << level

    def fill(self, end, hashes):
        """Adds the leaves before `end` by the roots of as few complete subtrees as there can be, the next of these hashes."""
        while self.size < end:
            level = (end - self.size).bit_length() - 1
            if self.size > 0:
                level = min(level, (self.size & -self.size).bit_length() - 1)
            need(hashes, "there are too few hashes beside the entries")
            self.append(unbase64(hashes.pop(0), 32), level)

    def root(self):
        root = self.edge[-1]
        for left in reversed(self.edge[:-1]):
            root = sha256(b"\x01", left, root)
        return root

def check_signature(public, signature, text):
    try:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey as Key

        verify_with, parts = Key.from_public_bytes(public).verify, (signature, text)
    except ImportError:
        from nacl.signing import VerifyKey as Key

        verify_with, parts = Key(public).verify, (text, signature)
    try:
        verify_with(*parts)
    except Exception:
        raise Refused("the signature of the checkpoint does not fit") from None

def verify(lines, expected=None):
    """Checks a bundle, given as lines of bytes with their line ends. Answers sentences, or raises Refused."""
    at = [0]

    def numbered():
        for line in lines:
            at[0] += 1
            need(len(line) <= MAX_LINE and line.endswith(b"\n"), "the line is too long, or does not end with a line feed")
            yield line

    try:
        return check(numbered(), expected)
    except StopIteration:
        raise Refused("line %d: the bundle ends here without its checkpoint" % (at[0] + 1)) from None
    except (Refused, ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError) as error:
        raise Refused("line %d: %s" % (at[0], str(error) or type(error).__name__)) from None

def check(lines, expected):
    line = next(lines)
    digest, count = hashlib.sha256(line), 1
    header = members(line, "throughline_bundle", "key", "from", "to", "question")
    need(header["throughline_bundle"] == 1, "only version 1 of the format is known")
    need(expected in (None, header["key"]), "the bundle is of the ledger with the key %s" % header["key"])
    name, key_id, public = header["key"].split("+", 2)
    public = unbase64(public, 33)
    need(name and public[0] == 1, "this is no Ed25519 key with a name")
    need(sha256(name.encode(), b"\n", public)[:4].hex() == key_id, "the id of the key does not fit")
    begin, finish = to_micros(header["from"]), to_micros(header["to"])
    need(begin <= finish, "the period ends before it begins")

    # The rows of the export. What they rest on is kept as one bit for each entry.
    rests_on, rows, bare, lowest, highest = bytearray(), 0, 0, MAX_ENTRIES, -1
    line = next(lines)
    while line.startswith(b'{"entries":'):
        row, previous = members(line, "entries", "row"), -1
        need(type(row["row"]) is dict and type(row["entries"]) is list, "a row is an object that rests on a list of entries")
        for entry in row["entries"]:
            need(previous < number(entry) < MAX_ENTRIES, "the entries of a row are not in ascending order, or too far")
            rests_on.extend(bytes(max(0, entry // 8 + 1 - len(rests_on))))
            rests_on[entry // 8] |= 1 << entry % 8
            previous, lowest, highest = entry, min(lowest, entry), max(highest, entry)
        rows, bare = rows + 1, bare + (not row["entries"])
        digest.update(line)
        line, count = next(lines), count + 1

    # The covered entries, one after the other.
    covers = members(line, "first", "end", "left")
    first, end = number(covers["first"]), number(covers["end"])
    need(end <= MAX_ENTRIES and (first < end or first == end == 0), "this is no range that a bundle can cover")
    need(highest < end and (highest < 0 or first <= lowest), "a row rests on an entry that is not covered")
    tree, streams, classes = Tree(), {}, {}
    tree.fill(first, covers["left"])
    need(not covers["left"], "there are too many hashes before the range")
    gaps, named, opened, erased, oldest, newest = 0, [], 0, 0, None, None
    for index in range(first, end):
        digest.update(line)
        line, count = next(lines), count + 1
        entry = members(line, "entry", "leaf")
        need(number(entry["entry"]) == index, "entry %d belongs here" % index)
        leaf = Leaf(entry["leaf"])
        need(index == 0 or index > first or leaf.received < begin, "the period began before the first covered entry")
        need(newest is None or newest <= leaf.received, "the entry was received before the one in front of it")
        oldest, newest = leaf.received if oldest is None else oldest, leaf.received
        began, last = streams.get(leaf.stream, (leaf.counter, leaf.counter - 1 if first else 0))
        need(leaf.counter == last + 1, "number %d of its stream belongs here" % (last + 1))
        streams[leaf.stream] = began, leaf.counter
        need(len(streams) <= MAX_STREAMS, "there are too many streams")
        if leaf.kind == GAP:
            gaps, named = gaps + 1, (named + [str(index)])[:10]
        is_needed = leaf.kind == GAP or index // 8 < len(rests_on) and rests_on[index // 8] >> index % 8 & 1
        need(bool(is_needed) == (len(entry) > 2), "an entry is opened exactly where something rests on it")
        if is_needed:
            erased += not leaf.open(entry)
            opened, classes[leaf.evidence] = opened + 1, classes.get(leaf.evidence, 0) + 1
        tree.append(leaf.hash)
    digest.update(line)
    count += 1

    # The entry that records the export: its body, the manifest, holds the digest of all lines so far.
    line = members(next(lines), "export", "leaf", "salt", "delivery_id", "headers", "body", exact=True)
    export, leaf = number(line["export"]), Leaf(line["leaf"])
    need(leaf.kind == EXPORT and export >= end, "the entry does not record an export, or lies within the range")
    need(newest is None or newest <= leaf.received, "the export was recorded before the last entry was received")
    leaf.open(line)
    manifest = {part: header[part] for part in ("throughline_bundle", "from", "to", "question")}
    manifest.update(first=first, end=end, rows=rows, opened=opened, lines=count, sha256=digest.hexdigest())
    need(json.loads(line["body"]) == manifest, "what the ledger has recorded of the export differs from these lines")

    # The signed head of the tree: entries, recorded export, and what stands beside them must give its root.
    line = members(next(lines), "checkpoint", "right", exact=True)
    text, _, signature = line["checkpoint"].partition("\n\n")
    mark = "\u2014 %s " % name
    need(signature.startswith(mark) and signature.endswith("\n"), "the checkpoint must carry one signature, that of the ledger")
    signature = unbase64(signature[len(mark) : -1], 68)
    need(signature[:4].hex() == key_id, "the checkpoint is signed with another key")
    check_signature(public[1:], signature[4:], text.encode("utf-8") + b"\n")
    origin, size, root = text.split("\n")
    need(origin == name and export < int(size), "the checkpoint is of another ledger, or does not cover the export")
    tree.fill(export, line["right"])
    tree.append(leaf.hash)
    tree.fill(int(size), line["right"])
    need(not line["right"] and tree.root() == unbase64(root, 32), "the entries are not those of the signed tree")
    need(next(lines, None) is None, "nothing may follow the checkpoint")

    def told(condition, text, *values):
        return [text % values] if condition else []

    begin_text, end_text = (to_text(oldest), to_text(newest)) if end else ("", "")
    said = told(True, "Unchanged since %s: entry %d of the ledger %s records the digest of this export, and the ledger's signed "
                "checkpoint of %s covers it.", to_text(leaf.received), export, name, counted(int(size), "entry", "entries"))
    said += told(end == 0, "Complete: the ledger had no entry before this export.")
    said += told(end, "Complete for %d to %d: %s, received from %s to %s, none left out. Nothing is missing of what the ledger "
                 "received since %s.", first, end - 1, counted(end - first, "entry", "entries"), begin_text, end_text, header["from"])
    said += told(0 < end < export, "Not covered: %s that came while the export was made.", counted(export - end, "entry", "entries"))
    said += told(end and newest < finish, "The period ends at %s, which is later than all of them.", header["to"])
    said += told(end, "%s, each counted without a gap:", counted(len(streams), "stream", "streams"))
    said += ["  %s: %d to %d" % (name_of(stream), *streams[stream]) for stream in sorted(streams)[:100]]
    said += told(len(streams) > 100, "  and %d more", len(streams) - 100)
    said += told(gaps, "%s of deliveries that were lost before they arrived: entries %s%s.", counted(gaps, "known gap", "known gaps"),
                 ", ".join(named), "" if len(named) == gaps else " …")
    said += told(end and not gaps, "The ledger tells of no delivery that was lost in this range.")
    said += told(True, "True only as far as the sources: %s, %s opened and as it was received. Vouched for by:",
                 counted(rows, "row", "rows"), counted(opened, "entry", "entries"))
    said += ["  %s: %d" % (CLASSES[code], classes[code]) for code in sorted(classes)]
    said += told(bare, "%s on no entry; nobody vouches for that.", counted(bare, "row rests", "rows rest"))
    said += told(erased, "%s erased since; the ledger still fixes what stood there.", counted(erased, "body was", "bodies were"))
    said += told(expected, "Signed with the key that was given: %s", header["key"])
    return said + told(not expected, "The key was taken from the bundle itself, which anybody could have made with a key of their "
                       "own. Compare it with the one that the owner of the ledger has published: %s", header["key"])

def counted(count, one, many):
    return "%d %s" % (count, one if count == 1 else many)

def name_of(stream):
    word = stream.rstrip(b"\0")
    return word.decode() if word and all(97 <= byte <= 122 for byte in word) else stream.hex()

def main(arguments):
    if len(arguments) not in (1, 3) or arguments[1:2] not in ([], ["--key"]):
        print(__doc__, file=sys.stderr)
        return 2
    try:
        with open(arguments[0], "rb") as file:
            said = verify(iter(lambda: file.readline(MAX_LINE + 1), b""), (arguments + [None, None])[2])
            sys.stdout.buffer.write("".join(sentence + "\n" for sentence in said).encode("utf-8"))
    except (OSError, ImportError) as error:
        print("this cannot be checked: %s" % error, file=sys.stderr)
        return 2
    except Refused as error:
        print("the bundle is refused: %s" % error, file=sys.stderr)
        return 1
    return 0

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
