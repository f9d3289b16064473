/* Hashes, HyperLogLog registers, bitmaps and limbs: the C spelling of profile/hashing.py, distinct.py and moments.py. */

#ifndef DRIFTLINE_HASH_H
#define DRIFTLINE_HASH_H

#include <stdint.h>
#include <string.h> /* which also says whether this is glibc */

#define NULL_HASH 0x9AE16A3B2F90404FULL
#define NAN_HASH 0xC949D7C7509E6557ULL
#define FNV_OFFSET 0xCBF29CE484222325ULL
#define FNV_PRIME 0x100000001B3ULL
#define REGISTERS 512
#define INDEX_BITS 9

enum { ODD_NULL, ODD_NAN, ODD_WRONG, ODD_ABSENT, ODDS };
enum { SUM_LIMBS = 3, SQUARE_LIMBS = 5, LIMBS = SUM_LIMBS + SQUARE_LIMBS };

/* Plain loops that the compiler can make wide by itself, where the linker can choose at load time. */
#if defined(__x86_64__) && defined(__linux__) && defined(__GLIBC__) && defined(__GNUC__) && !defined(__clang__)
#if __GNUC__ >= 12
#define CLONES __attribute__((target_clones("arch=x86-64-v4", "avx2", "default")))
#else
#define CLONES __attribute__((target_clones("avx2", "default")))
#endif
#else
#define CLONES
#endif

typedef unsigned __int128 u128;
typedef __int128 i128;

/* Where the counts of one column in one slot lie. */
typedef struct {
    int64_t *counts;
    int64_t *odd;
    int64_t *sums;
    double *extremes;
    uint8_t *registers;
} Target;

/* An Arrow validity bitmap; `bits` is NULL where every row is valid. */
typedef struct {
    const uint8_t *bits;
    int64_t offset;
} Validity;

static inline uint64_t mix(uint64_t z) {
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
    return z ^ (z >> 31);
}

static inline uint64_t hash_double(double canonical) {
    uint64_t word;
    if (canonical != canonical) return NAN_HASH;
    memcpy(&word, &canonical, 8);
    return mix(word);
}

static inline uint64_t hash_bytes(const uint8_t *text, int64_t size) {
    uint64_t word = FNV_OFFSET;
    for (int64_t i = 0; i < size; i++) word = (word ^ text[i]) * FNV_PRIME;
    return mix(word);
}

/* Hash the decimal text of an integer given as sign and magnitude. */
static inline uint64_t hash_decimal(int negative, uint64_t magnitude) {
    uint8_t text[24];
    int at = 24;
    do text[--at] = (uint8_t)('0' + magnitude % 10); while (magnitude /= 10);
    if (negative) text[--at] = '-';
    return hash_bytes(text + at, 24 - at);
}

static inline void raise_register(uint8_t *registers, uint64_t hash) {
    uint64_t rest = (hash << INDEX_BITS) | (1ULL << (INDEX_BITS - 1));
    uint8_t run = (uint8_t)(__builtin_clzll(rest) + 1);
    uint8_t *reg = registers + (hash >> (64 - INDEX_BITS));
    if (run > *reg) *reg = run;
}

/* The least register: a hash whose run is no longer cannot raise any. */
static inline int least_register(const uint8_t *registers) {
    uint8_t least = 255;
    for (int i = 0; i < REGISTERS; i++) least = registers[i] < least ? registers[i] : least;
    return least;
}

/* The bits of a hash that are all zero if its run is longer than `least`. */
static inline uint64_t run_mask(int least) {
    least = least < 55 ? least : 55;
    return ((1ULL << least) - 1) << (64 - INDEX_BITS - least);
}

/* The `n` <= 64 bits from bit `at` on, the first one lowest; reads no byte beyond the last of them. */
static inline uint64_t bits_at(const uint8_t *bits, int64_t at, int n) {
    const uint8_t *first = bits + (at >> 3);
    int shift = (int)(at & 7), bytes = (shift + n + 7) >> 3;
    uint64_t word = 0;
    memcpy(&word, first, bytes > 8 ? 8 : (size_t)bytes);
    word >>= shift;
    if (bytes > 8) word |= (uint64_t)first[8] << (64 - shift);
    return n == 64 ? word : word & ((1ULL << n) - 1);
}

static inline int is_valid(Validity v, int64_t row) {
    int64_t at = v.offset + row;
    return !v.bits || (v.bits[at >> 3] >> (at & 7) & 1);
}

static inline int64_t count_valid(Validity v, int64_t row, int64_t n) {
    int64_t valid = 0;
    if (!v.bits) return n;
    for (int64_t i = 0; i < n; i += 64)
        valid += __builtin_popcountll(bits_at(v.bits, v.offset + row + i, n - i < 64 ? (int)(n - i) : 64));
    return valid;
}

/* Add an integer to limbs of 32 bits, the last of which carries the sign. */
static inline void add_to_limbs(int64_t *limbs, int size, i128 number) {
    for (int i = 0; i < size - 1; i++) {
        number += limbs[i];
        limbs[i] = (int64_t)((uint64_t)number & 0xFFFFFFFFULL);
        number >>= 32;
    }
    limbs[size - 1] += (int64_t)number;
}

#endif
