"""Works out the golden files of the ledger's byte layout without any of the ledger's own code.

Run it in this folder: `python3 make.py` rewrites the files, `python3 make.py --check` only compares
(exit code 1 and a line for each file that differs). The hashes need nothing but Python's standard
library; the signature needs the PyPI package `cryptography`. docs/LEDGER.md says what each step means.
"""

import base64
import hashlib
import hmac
import pathlib
import struct
import sys

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

KINDS = {"delivery": 1, "user-action": 4, "redaction": 6}
CLASSES = {"e2": 2, "e3": 3, "statement": 7}


def field_key(salt, field):
    return hmac.new(salt, b"throughline/v1/" + field, hashlib.sha256).digest()


def commitment(salt, field, content):
    return hmac.new(field_key(salt, field), content, hashlib.sha256).digest()


def leaf(kind, evidence, received_us, stream, counter, salt, delivery_id, headers, body):
    layout = struct.pack(">BBBBq16sQ", 1, KINDS[kind], CLASSES[evidence], 0, received_us, stream, counter)
    for field, content in ((b"delivery-id", delivery_id), (b"headers", headers), (b"body", body)):
        layout += commitment(salt, field, content)
    assert len(layout) == 132
    return layout


def leaf_hash(content):
    return hashlib.sha256(b"\x00" + content).digest()


def tree_root(hashes):
    """MTH of RFC 6962, section 2.1, over leaf hashes."""
    if not hashes:
        return hashlib.sha256(b"").digest()
    if len(hashes) == 1:
        return hashes[0]
    split = 1
    while split * 2 < len(hashes):
        split *= 2
    return hashlib.sha256(b"\x01" + tree_root(hashes[:split]) + tree_root(hashes[split:])).digest()


def standard(content):
    return base64.b64encode(content).decode()


def lines(title, pairs):
    return f"# {title}\n" + "".join(f"{name}: {value}\n" for name, value in pairs)


def one_entry():
    salt = bytes(range(32))
    stream = bytes(range(0x10, 0x20))
    delivery_id = "7c1d3a52-0f6e-4b1e-9a57-2f1f8f0c4d11"
    headers = '{"x-github-event":"push"}'
    body = '{"ref":"refs/heads/main","repository":{"full_name":"acme/checkout"}}'
    content = leaf("delivery", "e2", 1_773_480_366_535_000, stream, 1, salt,
                   delivery_id.encode(), headers.encode(), body.encode())
    return lines("One entry, from its parts to the hash of its leaf. Bytes are in hex unless the name says text.", [
        ("salt", salt.hex()),
        ("delivery-id text", delivery_id),
        ("headers text", headers),
        ("body text", body),
        ("delivery-id key", field_key(salt, b"delivery-id").hex()),
        ("headers key", field_key(salt, b"headers").hex()),
        ("body key", field_key(salt, b"body").hex()),
        ("delivery-id commitment", commitment(salt, b"delivery-id", delivery_id.encode()).hex()),
        ("headers commitment", commitment(salt, b"headers", headers.encode()).hex()),
        ("body commitment", commitment(salt, b"body", body.encode()).hex()),
        ("leaf", content.hex()),
        ("leaf hash", leaf_hash(content).hex()),
    ])


def five_entries():
    first, second = b"\xaa" * 16, b"\xbb" * 16
    entries = [
        ("delivery", "e2", first, 1),
        ("delivery", "e2", first, 2),
        ("user-action", "statement", second, 1),
        ("delivery", "e3", first, 3),
        ("redaction", "statement", second, 2),
    ]
    leaves = []
    for number, (kind, evidence, stream, counter) in enumerate(entries):
        leaves.append(leaf(kind, evidence, 1_773_480_366_000_000 + number * 1_000_000, stream, counter,
                           bytes([number]) * 32, f"delivery-{number}".encode(), b"", f"body {number}".encode()))
    hashes = [leaf_hash(content) for content in leaves]
    pairs = [(f"leaf {number}", content.hex()) for number, content in enumerate(leaves)]
    pairs += [(f"root {size}", standard(tree_root(hashes[:size]))) for size in range(6)]
    title = "Five entries and the roots of the tree at every size from 0 to 5. Leaves in hex, roots in base64."
    return lines(title, pairs), tree_root(hashes)


def checkpoint(root):
    origin = "ledger.acme.example/checkout"
    seed = bytes(range(32))
    key = Ed25519PrivateKey.from_private_bytes(seed)
    public = key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    key_id = hashlib.sha256(origin.encode() + b"\n\x01" + public).digest()[:4]
    text = f"{origin}\n5\n{standard(root)}\n"
    note = f"{text}\n\u2014 {origin} {standard(key_id + key.sign(text.encode()))}\n"
    verifier = origin + "+" + key_id.hex() + "+" + standard(b"\x01" + public)
    keys = lines("The key that signed checkpoint.txt. A seed that stands in public signs nothing else.",
                 [("origin", origin), ("seed", seed.hex()), ("verifier key", verifier)])
    return note, keys


def main():
    tree, root = five_entries()
    note, keys = checkpoint(root)
    files = {"entry.txt": one_entry(), "tree.txt": tree, "checkpoint.txt": note, "key.txt": keys}
    folder = pathlib.Path(__file__).parent
    failed = False
    for name, text in files.items():
        path = folder / name
        if "--check" not in sys.argv:
            path.write_bytes(text.encode())
        elif path.read_bytes() != text.encode():
            print(f"{name} differs")
            failed = True
    sys.exit(failed)


main()
