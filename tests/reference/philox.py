"""Random streams as paper/spec/workloads.md 2 defines them.

Philox4x32-10 is written out from its definition (Salmon et al., SC 2011), one
word after the other.  Key = (seed, purpose), counter = (block, index low,
index high, 0); the four words of a block are used in order.  Every
distribution is stated here as GSL documents or computes it, apart from the
gamma law: GSL's own function is called through ctypes on our generator, since
what it does is a table we would have had to copy.
"""

import ctypes
import ctypes.util
import math

ARRIVALS, DEADLINES, INPUTS, TIMING, POLICY = 1, 2, 3, 4, 5
MMPP, ORDER, THINNING, RESAMPLING, OVERHEAD = 6, 7, 8, 9, 10

MASK = 0xFFFFFFFF


def philox4x32_10(counter, key):
    """One block: four words from a counter of four and a key of two."""
    c0, c1, c2, c3 = counter
    k0, k1 = key
    for _ in range(10):
        p0 = 0xD2511F53 * c0
        p1 = 0xCD9E8D57 * c2
        c0, c1, c2, c3 = ((p1 >> 32) ^ c1 ^ k0, p1 & MASK,
                          (p0 >> 32) ^ c3 ^ k1, p0 & MASK)
        k0 = (k0 + 0x9E3779B9) & MASK
        k1 = (k1 + 0xBB67AE85) & MASK
    return (c0, c1, c2, c3)


class Stream:
    """The stream of one purpose and index, read from its first word on."""

    def __init__(self, seed, purpose, index):
        self.key = (seed, purpose)
        self.index = index
        self.used = 0               # words handed out so far
        self.block = None           # the block that the last word came from

    def word(self):
        number, place = divmod(self.used, 4)
        if place == 0:
            self.block = philox4x32_10(
                (number, self.index & MASK, self.index >> 32, 0), self.key)
        self.used += 1
        return self.block[place]

    def uniform(self):
        """In [0,1), 53 bits: two words."""
        a = self.word()
        b = self.word()
        return ((a >> 5) * 67108864.0 + (b >> 6)) / 9007199254740992.0

    def below(self, n):
        """An integer in 0..n-1."""
        return math.floor(self.uniform() * n)

    def exponential(self, mean):
        return -mean * math.log1p(-self.uniform())

    def shuffled(self, n):
        """0..n-1 as gsl_ran_shuffle orders them: from the last place down,
        each exchanged with one of those up to and including itself, drawn
        as gsl_rng_uniform_int does: one word in whole intervals, the
        incomplete last interval refused."""
        a = list(range(n))
        for i in range(n - 1, 0, -1):
            scale = MASK // (i + 1)
            j = self.word() // scale
            while j > i:
                j = self.word() // scale
            a[i], a[j] = a[j], a[i]
        return a

    def gamma(self, shape, scale):
        return gsl_gamma(self, shape, scale)


_SET = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_ulong)
_GET = ctypes.CFUNCTYPE(ctypes.c_ulong, ctypes.c_void_p)
_GET_DOUBLE = ctypes.CFUNCTYPE(ctypes.c_double, ctypes.c_void_p)


class _Type(ctypes.Structure):
    _fields_ = [("name", ctypes.c_char_p), ("max", ctypes.c_ulong),
                ("min", ctypes.c_ulong), ("size", ctypes.c_size_t),
                ("set", _SET), ("get", _GET), ("get_double", _GET_DOUBLE)]


class _Rng(ctypes.Structure):
    _fields_ = [("type", ctypes.POINTER(_Type)), ("state", ctypes.c_void_p)]


def _load_gsl():
    name = ctypes.util.find_library("gsl")
    if name is None:
        return None
    try:
        # GSL leaves the choice of its BLAS to the program.
        blas = ctypes.util.find_library("gslcblas")
        if blas is not None:
            ctypes.CDLL(blas, ctypes.RTLD_GLOBAL)
        gsl = ctypes.CDLL(name)
    except OSError:
        return None
    gsl.gsl_ran_gamma.restype = ctypes.c_double
    gsl.gsl_ran_gamma.argtypes = [ctypes.POINTER(_Rng), ctypes.c_double,
                                  ctypes.c_double]
    return gsl


_gsl = _load_gsl()


def have_gamma():
    return _gsl is not None


def gsl_gamma(stream, shape, scale):
    if _gsl is None:
        raise RuntimeError("the gamma process needs libgsl")
    kind = _Type(b"philox4x32", MASK, 0, 0, _SET(lambda state, seed: None),
                 _GET(lambda state: stream.word()),
                 _GET_DOUBLE(lambda state: stream.uniform()))
    rng = _Rng(ctypes.pointer(kind), None)
    return _gsl.gsl_ran_gamma(ctypes.byref(rng), shape, scale)


def llround(x):
    """To the nearest integer, halves away from zero."""
    down = math.floor(abs(x))
    n = down + 1 if abs(x) - down >= 0.5 else down
    return n if x >= 0 else -n


def self_test():
    """The vectors of workloads.md 2."""
    zero = philox4x32_10((0, 0, 0, 0), (0, 0))
    ones = philox4x32_10((MASK,) * 4, (MASK,) * 2)
    assert zero == (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)
    assert ones == (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)
    first = [Stream(1, ARRIVALS, i).uniform() for i in range(3)]
    assert first == [0.63207563143616396, 0.82506217502813595,
                     0.32726696681327405]
    assert [llround(x) for x in (0.5, -0.5, 2.5, 0.49999999999999994)] == \
        [1, -1, 3, 0]


if __name__ == "__main__":
    self_test()
    print("philox: vectors hold; gamma", "by libgsl" if have_gamma()
          else "not available")
