/* Counting numbers: blocks of doubles made from any Arrow number, each odd value replaced by a filler that is later taken out. */

#ifndef DRIFTLINE_NUMBERS_H
#define DRIFTLINE_NUMBERS_H

#include "_bins.h"
#include "_hash.h"

#define BLOCK 512
#define GROUP 16
#define CLIP 4503599627370496.0
#define NEAR 2147483647.0
#define MAGIC 6755399441055744.0
#define EXPONENT 0x7FF0000000000000ULL
#define FLUSH (1 << 20)
#define FEW 1024

typedef double v4d __attribute__((vector_size(32), aligned(8), may_alias));
typedef int64_t v4i __attribute__((vector_size(32), aligned(8), may_alias));
typedef uint64_t v4u __attribute__((vector_size(32), aligned(8), may_alias));
typedef int32_t v4s __attribute__((vector_size(16), aligned(4), may_alias));

/* Sums of one piece: near values in 64 bits, far ones and corrections in 128. */
typedef struct {
    int64_t total;
    uint64_t low, high;
    i128 far_total;
    u128 far_square;
    double least, greatest;
} Measures;

typedef struct {
    const void *values;
    char type; /* as in the struct module, bBhHiIqQfd; or of instants, 64-bit ticks: smun for seconds to nanoseconds */
    Validity validity;
    int64_t size; /* bytes of one value */
} Numbers;

/* Where the next block lies, or would: an address to hint at, never to read. */
typedef struct {
    const char *values, *rows;
    int size;
} Ahead;

static inline const char *ahead_of(const void *from, int64_t bytes) { return (const char *)((uintptr_t)from + (uintptr_t)bytes); }

#define ALL(c) {(c), (c), (c), (c)}

#define FN static
#define NAME(name) name##_plain
#define PICK(a, b, mask) ((v4d)(((v4i)(a) & (mask)) | ((v4i)(b) & ~(mask))))
#define MIN(a, b) PICK(a, b, (a) < (b))
#define MAX(a, b) PICK(a, b, (a) > (b))
#define SQUARE(q) ((v4u)((q) * (q)))
#define ANY(mask) ((mask[0] | mask[1] | mask[2] | mask[3]) != 0)
#define TIMES(z, factor) ((z) * (v4u)ALL(factor))
#include "_blocks.h"
#undef FN
#undef NAME
#undef MIN
#undef MAX
#undef SQUARE
#undef ANY
#undef TIMES

#if defined(__x86_64__) && defined(__GNUC__)
#define HAS_AVX2 1
#include <immintrin.h>
#define FN __attribute__((target("avx2,lzcnt"))) static
/* Multiply 64-bit lanes by a number, modulo 2^64, which this instruction set has only for 32 bits. */
FN inline v4u times(v4u z, uint64_t factor) {
    __m256i a = (__m256i)z, low = _mm256_mul_epu32(a, _mm256_set1_epi64x((int64_t)(factor & 0xFFFFFFFFULL)));
    __m256i cross = _mm256_mullo_epi32(a, _mm256_set1_epi64x((int64_t)(factor >> 32 | factor << 32)));
    cross = _mm256_add_epi32(cross, _mm256_slli_epi64(cross, 32));
    /* The upper halves of `cross` now hold both cross products. */
    return (v4u)_mm256_add_epi64(low, _mm256_and_si256(cross, _mm256_set1_epi64x((int64_t)0xFFFFFFFF00000000ULL)));
}
#define NAME(name) name##_avx2
#define MIN(a, b) ((v4d)_mm256_min_pd((__m256d)(a), (__m256d)(b)))
#define MAX(a, b) ((v4d)_mm256_max_pd((__m256d)(a), (__m256d)(b)))
#define SQUARE(q) ((v4u)_mm256_mul_epi32((__m256i)(q), (__m256i)(q)))
#define TIMES(z, factor) times(z, factor)
#define ANY(mask) (!_mm256_testz_si256((__m256i)(mask), (__m256i)(mask)))
#include "_blocks.h"
#undef FN
#undef NAME
/* Every processor with AVX2 that was ever sold has LZCNT; without it the same bytes mean another instruction. */
#define CAN_BE_WIDE (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("lzcnt"))
#endif

/* 1 where the wide passes may be used; set when the module is made. */
static int wide = 0;

#ifdef HAS_AVX2
#define RUN(name, ...) (wide ? name##_avx2(__VA_ARGS__) : name##_plain(__VA_ARGS__))
#else
#define RUN(name, ...) name##_plain(__VA_ARGS__)
#endif


static inline int is_floating(char type) { return type == 'f' || type == 'd'; }

/* Every type of a column: its code, its C type, and how many of it make 1. */
#define TYPES(DO)                                                                                                            \
    DO('b', int8_t, 1.0) DO('B', uint8_t, 1.0) DO('h', int16_t, 1.0) DO('H', uint16_t, 1.0) DO('i', int32_t, 1.0)            \
    DO('I', uint32_t, 1.0) DO('q', int64_t, 1.0) DO('Q', uint64_t, 1.0) DO('f', float, 1.0) DO('d', double, 1.0)             \
    DO('s', int64_t, 1.0) DO('m', int64_t, 1e3) DO('u', int64_t, 1e6) DO('n', int64_t, 1e9)

/* Read `n` values as doubles; adding 0.0 turns -0.0 into 0.0. */
CLONES static void read_block(const Numbers *c, int64_t row, int n, double *x) {
#define READ(CODE, TYPE, ONE)                                             \
    case CODE: {                                                          \
        const TYPE *v = (const TYPE *)c->values + row;                    \
        for (int i = 0; i < n; i++) x[i] = (double)v[i] / ONE + 0.0;      \
        break;                                                            \
    }
    switch (c->type) { TYPES(READ) }
#undef READ
}

/* Write the numbers of some rows to every `stride`th place of `to`, NAN where null. */
static void take_rows(const Numbers *c, const int64_t *rows, int64_t n, double *to, int64_t stride) {
#define TAKE(CODE, TYPE, ONE)                                                                                                 \
    case CODE: {                                                                                                              \
        const TYPE *v = c->values;                                                                                            \
        for (int64_t i = 0; i < n; i++)                                                                                       \
            to[i * stride] = is_valid(c->validity, rows[i]) ? (double)v[rows[i]] / ONE : (double)NAN;                         \
        break;                                                                                                                \
    }
    switch (c->type) { TYPES(TAKE) }
#undef TAKE
}

typedef struct {
    Target to;
    const Binner *bins; /* NULL for a column without bins */
    Measures sums;
    uint32_t *histogram;
    int apart;
    uint64_t mask; /* a hash with one of these bits cannot raise a register */
    int64_t nulls;
    int64_t filled; /* fillers of the block at hand */
    double filler;
    Ahead ahead;
    int odd;
    uint16_t odd_at[BLOCK];
    uint64_t odd_hash[BLOCK];
} State;

static void count_place(State *s, double x, int64_t times) {
    s->to.counts[s->bins ? place(s->bins, x) : 0] += times;
}

static void note_odd(State *s, int at, uint64_t hash) {
    s->odd_at[s->odd] = (uint16_t)at;
    s->odd_hash[s->odd++] = hash;
}

/* Note the nulls of a block, and put 0 in their place for now. */
static void find_nulls(State *s, Validity v, int64_t row, double *x, int n) {
    for (int i = 0; i < n; i += 64) {
        int some = n - i < 64 ? n - i : 64;
        uint64_t null = ~bits_at(v.bits, v.offset + row + i, some);
        if (some < 64) null &= (1ULL << some) - 1;
        for (; null; null &= null - 1) {
            int at = i + __builtin_ctzll(null);
            x[at] = 0.0;
            note_odd(s, at, NULL_HASH);
        }
    }
    s->nulls += s->odd;
}

/* Note and count NaN and infinities; nulls have been noted. */
static void find_infinite(State *s, double *x, int n) {
    for (int i = 0; i < n; i++) {
        if (isfinite(x[i])) continue;
        uint64_t hash = hash_double(x[i]);
        note_odd(s, i, hash);
        raise_register(s->to.registers, hash);
        if (x[i] != x[i] && s->bins) s->to.odd[ODD_NAN]++;
        else count_place(s, x[i], 1);
        x[i] = NAN;
    }
}

/* The first finite value of a block; NAN if there is none. */
static double first_finite(Validity v, int64_t row, const double *x, int n) {
    for (int i = 0; i < n; i++)
        if (is_valid(v, row + i) && isfinite(x[i])) return x[i];
    return NAN;
}

/* Add a value that occurs `times` times, which may be negative, to the sums. */
static void add_to_grid(State *s, double x, int64_t times) {
    double t = (x - s->bins->center) * s->bins->step;
    i128 q = (int64_t)rint(t < -CLIP ? -CLIP : t > CLIP ? CLIP : t);
    s->sums.far_total += q * times;
    s->sums.far_square += (u128)(q * q) * (u128)(i128)times;
}

/* Take the fillers' share out of counts and sums. */
static void take_out_fillers(State *s) {
    if (!s->filled) return;
    count_place(s, s->filler, -s->filled);
    if (s->bins) add_to_grid(s, s->filler, -s->filled);
}

/* Count a block of finite doubles, padding and fillers included. */
static void count_finite(State *s, const double *x, int n, uint64_t *hashes, uint64_t *rows, uint64_t factor) {
    _Alignas(64) int32_t bins[BLOCK];
    const Binner *b = s->bins;
    if (b && b->steps) RUN(cells, x, n, b, bins);
    RUN(look, x, n, hashes, s->to.registers, s->mask, rows, factor, b, bins, &s->ahead);
    if (b) RUN(measure, x, n, b, &s->sums, b->steps ? bins : NULL, s->histogram, s->apart);
    else s->to.counts[0] += n;
    for (int i = 0; b && !b->steps && i < n; i++) s->to.counts[place(b, x[i])]++;
}

static void count_block(State *s, const Numbers *c, int64_t row, int n, uint64_t *rows, uint64_t factor) {
    _Alignas(64) double copy[BLOCK];
    _Alignas(64) uint64_t hashes[BLOCK];
    int floating = is_floating(c->type), padded = (n + GROUP - 1) / GROUP * GROUP;
    int64_t next = row + BLOCK;
    s->ahead = (Ahead){ahead_of(c->values, next * c->size), ahead_of(rows, rows ? next * 8 : 0), (int)c->size};
    int whole = count_valid(c->validity, row, n) == n;
    if (c->type == 'd' && whole && n == BLOCK) {
        const double *x = (const double *)c->values + row;
        if (!RUN(any_odd, x, n)) {
            count_finite(s, x, n, hashes, rows ? rows + row : NULL, factor);
            return;
        }
    }
    read_block(c, row, n, copy);
    s->odd = 0;
    for (int i = n; i < padded; i++) copy[i] = 0.0;
    if (!whole) find_nulls(s, c->validity, row, copy, n);
    if (floating && RUN(any_odd, copy, padded)) find_infinite(s, copy, n);
    s->filler = first_finite(c->validity, row, copy, n);
    for (int i = 0; i < s->odd; i++) copy[s->odd_at[i]] = s->filler;
    s->filled = padded - n + s->odd;
    if (isfinite(s->filler)) {
        for (int i = n; i < padded; i++) copy[i] = s->filler;
        count_finite(s, copy, padded, hashes, !s->odd && n == padded && rows ? rows + row : NULL, factor);
        take_out_fillers(s);
        if (!s->odd && n == padded) return;
    }
    for (int i = 0; i < s->odd; i++) hashes[s->odd_at[i]] = s->odd_hash[i];
    if (rows) RUN(add_rows, hashes, n, rows + row, factor);
}

static const Measures NO_MEASURES = {.least = INFINITY, .greatest = -INFINITY};

static void add_squares(int64_t *limbs, u128 square) {
    uint64_t upper = (uint64_t)(square >> 64);
    add_to_limbs(limbs, SQUARE_LIMBS, (i128)(square & 0xFFFFFFFFFFFFFFFFULL));
    add_to_limbs(limbs + 2, SQUARE_LIMBS - 2, (i128)upper);
}

static void flush_sums(State *s) {
    Measures *m = &s->sums;
    if (!s->bins) return;
    add_to_limbs(s->to.sums, SUM_LIMBS, m->far_total + m->total);
    add_squares(s->to.sums + SUM_LIMBS, m->far_square + m->low + ((u128)m->high << 32));
    if (m->least < s->to.extremes[0]) s->to.extremes[0] = m->least;
    if (m->greatest > s->to.extremes[1]) s->to.extremes[1] = m->greatest;
    *m = NO_MEASURES;
}

static void count_piece(const Numbers *c, const Binner *b, Target to, int64_t start, int64_t length, uint64_t *rows, uint64_t factor) {
    uint32_t histogram[4 * (TABLE_EDGES + 1)];
    State s = {.to = to, .bins = b, .histogram = histogram, .sums = NO_MEASURES};
    int bins = b ? b->edges + 1 : 1;
    s.apart = length > 2 * BLOCK ? TABLE_EDGES + 1 : 0;
    for (int64_t row = start; row < start + length; row += FLUSH) {
        int64_t end = start + length - row < FLUSH ? start + length : row + FLUSH;
        memset(histogram, 0, (s.apart ? 4 : 1) * (TABLE_EDGES + 1) * sizeof *histogram);
        for (int64_t at = row; at < end; at += BLOCK) {
            if (length > BLOCK && (at - row) % (8 * BLOCK) == 0) s.mask = run_mask(least_register(to.registers));
            count_block(&s, c, at, end - at < BLOCK ? (int)(end - at) : BLOCK, rows, factor);
        }
        if (b && b->steps)
            for (int i = 0; i < bins; i++)
                for (int j = 0; j < (s.apart ? 4 : 1); j++) to.counts[i] += histogram[j * s.apart + i];
        flush_sums(&s);
    }
    to.odd[ODD_NULL] += s.nulls;
}

/* Only the bins of doubles, NaN left out. */
static void count_only_bins(const double *x, int64_t n, const Binner *b, int64_t *counts) {
    _Alignas(64) int32_t bins[BLOCK];
    uint32_t histogram[4 * (TABLE_EDGES + 1)] = {0};
    for (int64_t i = 0; i < n; i += BLOCK) {
        int some = n - i < BLOCK ? (int)(n - i) : BLOCK;
        if (some < BLOCK || !b->steps || RUN(any_odd, x + i, some)) {
            for (int j = 0; j < some; j++)
                if (x[i + j] == x[i + j]) counts[place(b, x[i + j])]++;
            continue;
        }
        RUN(cells, x + i, some, b, bins);
        RUN(bins, x + i, some, b, bins);
        for (int j = 0; j < some; j++) histogram[(j & 3) * (TABLE_EDGES + 1) + bins[j]]++;
    }
    for (int i = 0; b->steps && i <= b->edges; i++)
        for (int j = 0; j < 4; j++) counts[i] += histogram[j * (TABLE_EDGES + 1) + i];
}

#endif
