# Python's secrets. Here they come from `random` with the script's seed: the same run gives the same tokens.
import random


def randbelow(exclusive_upper_bound):
    if exclusive_upper_bound <= 0:
        raise ValueError("Upper bound must be positive.")
    return random.randrange(exclusive_upper_bound)


def choice(sequence):
    return random.choice(sequence)


def randbits(k):
    return random.getrandbits(k)


def token_bytes(nbytes=32):
    return bytes([random.randrange(256) for _ in range(nbytes)])


def token_hex(nbytes=32):
    return token_bytes(nbytes).hex()
