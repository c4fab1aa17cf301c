"""
Checks the code signature of a program for macOS: how much of the file it covers, and the hash of every page. LIEF reads the
file, so a fault in our own reader, build/macos.ts, cannot hide one in the file. Prints one line for each problem.
"""

import hashlib
import struct
import sys

import lief

lief.logging.disable()

CODE_DIRECTORY_SLOT = 0
SHA256 = 2


def find_code_directory(signature: bytes) -> bytes:
    _, _, count = struct.unpack_from(">III", signature)
    slots = (struct.unpack_from(">II", signature, 12 + 8 * index) for index in range(count))
    return next((signature[offset:] for slot, offset in slots if slot == CODE_DIRECTORY_SLOT), b"")


def problems(path: str):
    parsed = lief.MachO.parse(path, lief.MachO.ParserConfig.quick)
    if parsed is None or parsed.size != 1 or not parsed.at(0).has_code_signature:
        return ["LIEF finds no signed program"]
    program = parsed.at(0)
    with open(path, "rb") as file:
        code = file.read()
    found = []
    start = program.code_signature.data_offset
    end = start + program.code_signature.data_size
    linkedit = program.get_segment("__LINKEDIT")
    if not end == linkedit.file_offset + linkedit.file_size == len(code):
        found.append("LIEF finds data behind the signature")
    directory = find_code_directory(code[start:end])
    if not directory:
        return found + ["LIEF finds no signature"]
    _, _, _, _, hashes, _, _, pages, limit, size, kind, _, shift = struct.unpack_from(">9I4B", directory)
    page = 1 << shift
    if limit != start or pages != -(-limit // page):
        found.append(f"LIEF finds that it covers {limit} of {start} bytes")
    if kind != SHA256:
        return found + [f"LIEF finds hashes of type {kind}"]
    wrong = sum(
        hashlib.sha256(code[at * page : min((at + 1) * page, limit)]).digest()
        != directory[hashes + at * size : hashes + (at + 1) * size]
        for at in range(pages)
    )
    return found + ([f"LIEF finds another hash for {wrong} pages"] if wrong else [])


for problem in problems(sys.argv[1]):
    print(problem)
