/* Counting values that repeat: dictionary codes, small integers, and rows whose hash is already known. */

#ifndef DRIFTLINE_CODES_H
#define DRIFTLINE_CODES_H

#include <stdlib.h>

#include "_numbers.h"

enum { PLACE_NULL = -1, PLACE_WRONG = -2 };
enum { UNSEEN_KEPT = 64 };

/* What each code means: its hash, its bin (or PLACE_*), and the unseen codes in the order of their hashes. */
typedef struct {
    const uint64_t *hashes;
    const int32_t *places;
    int64_t codes;
    const int32_t *unseen;
    int64_t unseens;
} Meaning;

typedef struct {
    int64_t piece, code, rows;
} Unseen;

/* Codes of a block: `last` for null and for what no dictionary entry stands for. */
CLONES static void read_block_codes(const int32_t *codes, Validity v, int64_t row, int n, uint32_t last, uint32_t *block) {
    for (int i = 0; i < n; i++) {
        uint32_t code = (uint32_t)codes[row + i];
        block[i] = code < last ? code : last;
    }
    for (int i = 0; v.bits && i < n; i += 64) {
        int some = n - i < 64 ? n - i : 64;
        uint64_t null = ~bits_at(v.bits, v.offset + row + i, some);
        if (some < 64) null &= (1ULL << some) - 1;
        for (; null; null &= null - 1) block[i + __builtin_ctzll(null)] = last;
    }
}

/* Count codes of at most FEW in four tallies, so that equal neighbours do not wait for each other. */
static inline void tally_block(const uint32_t *block, int n, uint32_t *small, uint64_t *rows, const uint64_t *scaled, Ahead ahead) {
    if (!rows) {
        for (int i = 0; i < n; i++) small[(i & 3) * (FEW + 1) + block[i]]++;
        return;
    }
    for (int i = 0; i < n; i += GROUP) {
        __builtin_prefetch(ahead.values + i * ahead.size);
        __builtin_prefetch(ahead.rows + i * 8, 1);
        __builtin_prefetch(ahead.rows + i * 8 + 64, 1);
        for (int j = i; j < (n < i + GROUP ? n : i + GROUP); j++) {
            small[(j & 3) * (FEW + 1) + block[j]]++;
            rows[j] += scaled[block[j]];
        }
    }
}

/* Add how often each code occurs to `tally`, and each row's hash (`scaled` by the column's factor) to its row. */
static void tally_codes(const int32_t *codes, Validity v, uint32_t last, int64_t start, int64_t length, uint64_t *rows,
                        const uint64_t *scaled, int64_t *tally) {
    uint32_t block[BLOCK], small[4 * (FEW + 1)];
    int few = last <= FEW && length <= FLUSH && length > last;
    if (few) memset(small, 0, sizeof small);
    for (int64_t row = start; row < start + length; row += BLOCK) {
        int n = start + length - row < BLOCK ? (int)(start + length - row) : BLOCK;
        read_block_codes(codes, v, row, n, last, block);
        if (few) {
            Ahead ahead = {ahead_of(codes, (row + BLOCK) * 4), ahead_of(rows, (row + BLOCK) * 8), 4};
            tally_block(block, n, small, rows ? rows + row : NULL, scaled, ahead);
            continue;
        }
        for (int i = 0; i < n; i++) tally[block[i]]++;
        for (int i = 0; rows && i < n; i++) rows[row + i] += scaled[block[i]];
    }
    for (uint32_t i = 0; few && i <= last; i++)
        for (int j = 0; j < 4; j++) tally[i] += small[j * (FEW + 1) + i];
}

static void count_code(Target to, const Meaning *m, int64_t code, int64_t *tally) {
    int32_t at = m->places[code];
    if (!tally[code]) return;
    if (at >= 0) to.counts[at] += tally[code];
    else to.odd[at == PLACE_NULL ? ODD_NULL : ODD_WRONG] += tally[code];
    if (at != PLACE_NULL) raise_register(to.registers, m->hashes[code]);
    tally[code] = 0;
}

/* Count one piece of codes; `tally` is zero at entry and at exit. Returns how many unseen codes were noted. */
static int count_coded(const int32_t *codes, Validity v, const Meaning *m, Target to, int64_t start, int64_t length, uint64_t *rows,
                       const uint64_t *scaled, int64_t *tally, Unseen *noted) {
    int found = 0;
    tally_codes(codes, v, (uint32_t)m->codes, start, length, rows, scaled, tally);
    to.odd[ODD_NULL] += tally[m->codes];
    tally[m->codes] = 0;
    for (int64_t i = 0; i < m->unseens && found < UNSEEN_KEPT; i++) {
        if (!tally[m->unseen[i]]) continue;
        noted[found].code = m->unseen[i];
        noted[found++].rows = tally[m->unseen[i]];
    }
    /* A short piece of a long dictionary is walked by its rows. */
    if (length < m->codes / 4)
        for (int64_t i = start; i < start + length; i++) {
            if (is_valid(v, i) && (uint32_t)codes[i] < (uint64_t)m->codes) count_code(to, m, codes[i], tally);
        }
    else
        for (int64_t code = 0; code < m->codes; code++) count_code(to, m, code, tally);
    return found;
}

/* Count one piece of rows of which only the hash is known, in a column with one bin. */
static void count_hashed(const uint64_t *hashes, const int8_t *places, Target to, int64_t start, int64_t length, uint64_t *rows,
                         uint64_t factor) {
    for (int64_t i = start; i < start + length; i++) {
        int8_t at = places[i];
        if (at >= 0) to.counts[0]++;
        else to.odd[at == PLACE_NULL ? ODD_NULL : ODD_WRONG]++;
        if (at != PLACE_NULL) raise_register(to.registers, hashes[i]);
        if (rows) rows[i] += (at == PLACE_NULL ? NULL_HASH : hashes[i]) * factor;
    }
}

/* How far apart the valid integers of a piece lie, in `*least` the least; FEW or more if they are too far apart or not integers. */
CLONES static int64_t spread_of(const Numbers *c, int64_t start, int64_t length, int64_t *least) {
    int64_t low = INT64_MAX, high = INT64_MIN;
#define SPREAD(CODE, TYPE)                                                          \
    case CODE: {                                                                    \
        const TYPE *v = (const TYPE *)c->values;                                    \
        for (int64_t from = start, end = start + length; from < end; from += BLOCK) { \
            TYPE l = v[from], h = l;                                                \
            int64_t to = end - from < BLOCK ? end : from + BLOCK;                   \
            for (int64_t i = from; i < to; i++) {                                   \
                l = v[i] < l ? v[i] : l;                                            \
                h = v[i] > h ? v[i] : h;                                            \
            }                                                                       \
            low = (int64_t)l < low ? (int64_t)l : low;                              \
            high = (int64_t)h > high ? (int64_t)h : high;                           \
            if ((uint64_t)high - (uint64_t)low >= FEW) return FEW;                  \
        }                                                                           \
        break;                                                                      \
    }
    switch (c->type) {
        SPREAD('b', int8_t) SPREAD('B', uint8_t) SPREAD('h', int16_t) SPREAD('H', uint16_t) SPREAD('i', int32_t)
        SPREAD('I', uint32_t) SPREAD('q', int64_t)
    default: return FEW;
    }
#undef SPREAD
    *least = low;
    return high - low;
}

/* Codes of a block of integers: their distance from the least; `null_code` where null. */
CLONES static void read_codes(const Numbers *c, int64_t row, int n, int64_t least, uint32_t null_code, uint32_t *codes) {
#define CODES(CODE, TYPE)                                                                      \
    case CODE: {                                                                               \
        const TYPE *v = (const TYPE *)c->values + row;                                         \
        for (int i = 0; i < n; i++) codes[i] = (uint32_t)((uint64_t)v[i] - (uint64_t)least);   \
        break;                                                                                 \
    }
    switch (c->type) {
        CODES('b', int8_t) CODES('B', uint8_t) CODES('h', int16_t) CODES('H', uint16_t) CODES('i', int32_t)
        CODES('I', uint32_t) CODES('q', int64_t)
    }
#undef CODES
    for (int i = 0; c->validity.bits && i < n; i += 64) {
        int some = n - i < 64 ? n - i : 64;
        uint64_t null = ~bits_at(c->validity.bits, c->validity.offset + row + i, some);
        if (some < 64) null &= (1ULL << some) - 1;
        for (; null; null &= null - 1) codes[i + __builtin_ctzll(null)] = null_code;
    }
}

/* Count what was tallied of a few integers: bins, sums, extremes and registers, once per value. */
static void count_few_values(const uint32_t *tally, int64_t least, int spread, const Binner *b, Target to) {
    State s = {.to = to, .bins = b, .sums = NO_MEASURES};
    for (int i = 0; i <= spread; i++) {
        int64_t times = 0;
        for (int j = 0; j < 4; j++) times += tally[j * (FEW + 1) + i];
        if (!times) continue;
        double x = (double)(least + i) + 0.0;
        count_place(&s, x, times);
        raise_register(to.registers, hash_double(x));
        if (!b) continue;
        if (x < s.sums.least) s.sums.least = x;
        if (x > s.sums.greatest) s.sums.greatest = x;
        add_to_grid(&s, x, times);
    }
    flush_sums(&s);
}

/* Count integers that lie close together by value first; returns 0, with nothing done, where they do not. */
static int count_few(const Numbers *c, const Binner *b, Target to, int64_t start, int64_t length, uint64_t *rows, uint64_t factor) {
    uint32_t tally[4 * (FEW + 1)];
    uint64_t hashes[FEW + 1];
    uint32_t codes[BLOCK];
    int64_t least = 0;
    if (length < FEW || length > FLUSH || is_floating(c->type)) return 0;
    int64_t spread = spread_of(c, start, length, &least);
    if (spread >= FEW || spread * 4 > length) return 0;
    for (int64_t i = 0; i <= spread; i++) hashes[i] = hash_double((double)(least + i) + 0.0) * factor;
    hashes[spread + 1] = NULL_HASH * factor;
    memset(tally, 0, sizeof tally);
    for (int64_t row = start; row < start + length; row += BLOCK) {
        int n = start + length - row < BLOCK ? (int)(start + length - row) : BLOCK;
        read_codes(c, row, n, least, (uint32_t)spread + 1, codes);
        /* The values have been read once, to learn how far apart they lie. */
        Ahead ahead = {ahead_of(c->values, (row + BLOCK) * c->size), ahead_of(rows, (row + BLOCK) * 8), (int)c->size};
        tally_block(codes, n, tally, rows ? rows + row : NULL, hashes, ahead);
    }
    for (int j = 0; j < 4; j++) to.odd[ODD_NULL] += tally[j * (FEW + 1) + spread + 1];
    count_few_values(tally, least, (int)spread, b, to);
    return 1;
}

#endif
