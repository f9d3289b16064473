/* Counting a binary model's scores beside what it said and what came true: the C spelling of profile/outcome_rows.py. */

#ifndef DRIFTLINE_SCORES_H
#define DRIFTLINE_SCORES_H

#include "_numbers.h"

#define MOST_EDGES 65535
#define SCORE_STEPS 1073741824.0 /* profile/outcome.py: 1 / SUM_STEP */
#define LOSS_STEPS 268435456.0   /* 2^FIXED_POINT_BITS */
#define DOUBTFUL 0.49993896484375 /* 1/2 - 2^-14: farther off no rounding of a logarithm's last digits can reach */

enum { NEGATIVE, POSITIVE, UNKNOWN, SIDES };

/* Cells in front of the edges, as in _bins.h: linear in the score, or from `soft` on logarithmic for scores that crowd near 0. */
typedef struct {
    double threshold, soft;
    int32_t shift, zero, edges, top;
    uint16_t below[CELLS + 1];
    double edge[];
} ScoreBinner;

/* A column of classes: a class's place for each number that names it, in pairs; of a score's column there are none. */
typedef struct {
    Numbers numbers;
    const double *worths;
    int64_t named;
} Classes;

/* Where one slot's counts lie. */
typedef struct {
    int64_t *cells, *sums, *measures;
} Scored;

static inline int32_t score_cell(const ScoreBinner *b, double score) { return (high_word(score + b->soft) >> b->shift) - b->zero; }

/* Turn cells into bins: compare with as many edges as the fullest cell needs, a number that the compiler knows, and
 * without a jump, which nothing could foretell. */
CLONES static void score_bins(const ScoreBinner *b, const double *score, int n, int32_t *cells) {
#define FIND(TOP)                                                                                  \
    for (int i = 0; i < n; i++) {                                                                  \
        int32_t at = b->below[cells[i]];                                                           \
        for (int32_t half = (TOP); half; half >>= 1) at += half & -(score[i] >= b->edge[at + half - 1]); \
        cells[i] = at;                                                                             \
    }
    if (b->top == 1) FIND(1)
    else if (b->top == 2) FIND(2)
    else if (b->top == 4) FIND(4)
    else FIND(b->top)
#undef FIND
}

/* Lay cells that bend at `soft`; returns how many edges the fullest holds. */
static int32_t lay_score_cells(ScoreBinner *b, double soft) {
    b->soft = soft;
    b->zero = 0;
    for (b->shift = 0; (high_word(1.0 + soft) >> b->shift) - (high_word(soft) >> b->shift) >= CELLS; b->shift++) {}
    b->zero = high_word(soft) >> b->shift;
    int32_t most = 0, at = 0;
    for (int32_t k = 0; k <= CELLS; k++) {
        int32_t first = at;
        b->below[k] = (uint16_t)at;
        while (at < b->edges && score_cell(b, b->edge[at]) <= k) at++;
        most = at - first > most ? at - first : most;
    }
    return most;
}

/* Choose the cells that leave the fewest edges to compare. */
static void choose_score_cells(ScoreBinner *b) {
    double best = 1.0;
    int32_t fewest = lay_score_cells(b, best);
    for (int bend = 2; bend <= 20 && fewest > 1; bend += 2) {
        double soft = ldexp(1.0, -bend);
        int32_t most = lay_score_cells(b, soft);
        if (most >= fewest) continue;
        fewest = most;
        best = soft;
    }
    lay_score_cells(b, best);
    for (b->top = 1; 2 * b->top <= fewest; b->top *= 2) {}
}

CLONES static void keep_usable(double *x, int n) {
    for (int i = 0; i < n; i++) x[i] = (x[i] >= 0.0) & (x[i] <= 1.0) ? x[i] : (double)NAN;
}

/* Which class each number names, UNKNOWN where it names none. */
CLONES static void name_classes(const double *x, int n, const double *worths, int64_t named, uint8_t *side) {
    memset(side, UNKNOWN, (size_t)n);
    for (int64_t k = 0; k < named; k++) {
        double worth = worths[2 * k];
        uint8_t place = (uint8_t)worths[2 * k + 1];
        for (int i = 0; i < n; i++) side[i] = x[i] == worth ? place : side[i];
    }
}

/* The same of numbers of one byte, `least` being the least of their type: many fit in a register. */
CLONES static void name_small_classes(const uint8_t *x, int n, double least, const double *worths, int64_t named, uint8_t *side) {
    memset(side, UNKNOWN, (size_t)n);
    for (int64_t k = 0; k < named; k++) {
        double worth = worths[2 * k];
        if (!(worth >= least && worth <= least + 255.0) || worth != rint(worth)) continue;
        uint8_t same = (uint8_t)(int)worth, place = (uint8_t)worths[2 * k + 1];
        for (int i = 0; i < n; i++) side[i] = x[i] == same ? place : side[i];
    }
}

static void read_classes(const Classes *c, int64_t row, int n, uint8_t *side) {
    const Numbers *numbers = &c->numbers;
    if (numbers->size == 1) {
        double least = numbers->type == 'b' ? -128.0 : 0.0;
        name_small_classes((const uint8_t *)numbers->values + row, n, least, c->worths, c->named, side);
    } else {
        double x[BLOCK];
        read_block(numbers, row, n, x);
        name_classes(x, n, c->worths, c->named, side);
    }
    for (int i = 0; numbers->validity.bits && i < n; i++)
        if (!is_valid(numbers->validity, row + i)) side[i] = UNKNOWN;
}

/* Read scores; NaN where there is none, or no probability. */
static void read_scores(const Numbers *c, int64_t row, int n, double *score) {
    read_block(c, row, n, score);
    for (int i = 0; c->validity.bits && i < n; i++)
        if (!is_valid(c->validity, row + i)) score[i] = NAN;
    keep_usable(score, n);
}

/* What a model says by its scores alone. */
CLONES static void say_by_score(const double *score, int n, double threshold, uint8_t *side) {
    for (int i = 0; i < n; i++) side[i] = score[i] != score[i] ? UNKNOWN : score[i] >= threshold ? POSITIVE : NEGATIVE;
}

/* -ln x, for x in [2^-52, 1], to 2^-45, which is an eighth of what makes it doubtful: 2 atanh((m - 1) / (m + 1)) of what is
 * left of powers of two. */
static inline double quick_loss(double x) {
    uint64_t word, half = 0x3FE6A09E667F3BCDULL; /* √½ */
    memcpy(&word, &x, 8);
    word += 0x3FF0000000000000ULL - half;
    uint64_t exponent = (word >> 52) | 0x4330000000000000ULL, fraction = (word & 0x000FFFFFFFFFFFFFULL) + half;
    double power, m;
    memcpy(&power, &exponent, 8);
    memcpy(&m, &fraction, 8);
    power -= 4503599627370496.0 + 1023.0;
    double s = (m - 1.0) / (m + 1.0), z = s * s, sum = 1.0 / 15;
    sum = sum * z + 1.0 / 13;
    sum = sum * z + 1.0 / 11;
    sum = sum * z + 1.0 / 9;
    sum = sum * z + 1.0 / 7;
    sum = sum * z + 1.0 / 5;
    sum = sum * z + 1.0 / 3;
    return -(power * 0.6931471805599453 + 2.0 * s + 2.0 * s * (z * sum));
}

/* Log loss and Brier score in steps of their grid; 0 where score or label is unknown. */
CLONES static void losses(const double *score, const uint8_t *came, int n, double *given, double *log_loss, double *brier) {
    for (int i = 0; i < n; i++) {
        double s = score[i], truth = came[i], other = 1.0 - s, miss = s - truth, g = truth == (double)POSITIVE ? s : other;
        /* Where the score is unknown none of these comparisons holds. */
        miss = truth < (double)UNKNOWN ? miss : 0.0;
        g = truth < (double)UNKNOWN ? g : 1.0;
        g = g < 1.0 - DBL_EPSILON ? g : 1.0 - DBL_EPSILON;
        g = g > DBL_EPSILON ? g : DBL_EPSILON;
        given[i] = g;
        brier[i] = miss == miss ? miss * miss * LOSS_STEPS : 0.0;
    }
    for (int i = 0; i < n; i++) log_loss[i] = quick_loss(given[i]) * LOSS_STEPS;
}

static inline double off_grid(double x) {
    double moved = x + MAGIC;
    return fabs(x - (moved - MAGIC));
}

/* What a block's steps have in common: all their bits, and how many roundings a logarithm's last digits may decide. */
typedef struct {
    uint64_t bits;
    int64_t doubtful;
} Stepped;

/* Round to whole steps; adding and taking away 1.5 * 2^52 rounds to even, as rint does. */
CLONES static Stepped to_steps(const double *x, int n, int64_t *steps) {
    uint64_t bits = 0;
    int64_t doubtful = 0, zero = 0x4338000000000000LL;
    for (int i = 0; i < n; i++) {
        double moved = x[i] + MAGIC;
        int64_t word;
        memcpy(&word, &moved, 8);
        steps[i] = word - zero;
        bits |= (uint64_t)(word - zero);
        doubtful += off_grid(x[i]) >= DOUBTFUL;
    }
    return (Stepped){bits, doubtful};
}

/* Sums of whole steps and of their squares, in 32-bit halves so that lanes need no more than 64 bits. */
typedef struct {
    uint64_t total, low, high;
} Sums;

/* Add steps below 2^32. */
CLONES static void add_near_steps(const int64_t *steps, int n, Sums *sums) {
    uint64_t total = 0, low = 0, high = 0;
    for (int i = 0; i < n; i++) {
        uint32_t q = (uint32_t)steps[i];
        uint64_t square = (uint64_t)q * q;
        total += q;
        low += square & 0xFFFFFFFFULL;
        high += square >> 32;
    }
    *sums = (Sums){sums->total + total, sums->low + low, sums->high + high};
}

/* Add whole steps, none of them negative, and their squares to the limbs of a measure; `bits` are all that they have. */
static void add_steps(const int64_t *steps, int n, uint64_t bits, int64_t *limbs) {
    Sums sums = {0};
    u128 far_square = 0;
    if (bits >> 32) {
        for (int i = 0; i < n; i++) {
            sums.total += (uint64_t)steps[i];
            far_square += (u128)steps[i] * (u128)steps[i];
        }
    } else {
        add_near_steps(steps, n, &sums);
    }
    add_to_limbs(limbs, SUM_LIMBS, (i128)sums.total);
    add_squares(limbs + SUM_LIMBS, far_square + sums.low + ((u128)sums.high << 32));
}

/* Each row's score in steps and its cell, both of 0 where it is unknown. */
CLONES static void place_scores(const ScoreBinner *b, const double *score, int n, double *x, int64_t *steps, int32_t *cells) {
    int64_t zero = 0x4338000000000000LL;
    for (int i = 0; i < n; i++) {
        double known = score[i] == score[i] ? score[i] : 0.0, moved = known * SCORE_STEPS + MAGIC;
        int64_t word;
        memcpy(&word, &moved, 8);
        x[i] = known;
        steps[i] = word - zero;
        cells[i] = score_cell(b, known);
    }
}

/* From bins to places in the counts and in the sums; rows without a score are in the last bin. */
CLONES static void name_places(const double *score, const uint8_t *said, const uint8_t *came, int n, int32_t last, int32_t *bins,
                               int32_t *sums) {
    for (int i = 0; i < n; i++) {
        int32_t bin = score[i] == score[i] ? bins[i] : last;
        bins[i] = bin * SIDES * SIDES + said[i] * SIDES + came[i];
        sums[i] = bin * SIDES + came[i];
    }
}

/* Count a block's rows by bin, what was said and what came true, and sum their scores. */
static void count_sides(const ScoreBinner *b, const double *score, const uint8_t *said, const uint8_t *came, int n, Scored *to) {
    int64_t steps[BLOCK], *cells = to->cells, *sums = to->sums;
    int32_t place[BLOCK], side[BLOCK];
    double x[BLOCK];
    place_scores(b, score, n, x, steps, place);
    score_bins(b, x, n, place);
    name_places(score, said, came, n, b->edges + 1, place, side);
    for (int i = 0; i < n; i++) {
        cells[place[i]]++;
        sums[side[i]] += steps[i];
    }
}

/* Count a stretch of rows. Where a logarithm's last digits may decide the rounding, the probability given is written to
 * `doubtful` instead, and its loss left out; returns how many these are. */
static int64_t count_scored(const Numbers *scores, const Classes *says, const Classes *comes, const ScoreBinner *b, int64_t start,
                            int64_t length, Scored *to, double *doubtful) {
    double score[BLOCK], given[BLOCK], loss[BLOCK], brier[BLOCK];
    uint8_t said[BLOCK], came[BLOCK];
    int64_t steps[BLOCK], found = 0;
    for (int64_t row = start; row < start + length; row += BLOCK) {
        int n = start + length - row < BLOCK ? (int)(start + length - row) : BLOCK;
        read_scores(scores, row, n, score);
        read_classes(comes, row, n, came);
        if (says) read_classes(says, row, n, said);
        else say_by_score(score, n, b->threshold, said);
        count_sides(b, score, said, came, n, to);
        losses(score, came, n, given, loss, brier);
        Stepped stepped = to_steps(loss, n, steps);
        for (int i = 0, left = stepped.doubtful ? n : 0; i < left; i++) {
            if (off_grid(loss[i]) < DOUBTFUL) continue;
            doubtful[found++] = given[i];
            steps[i] = 0;
        }
        add_steps(steps, n, stepped.bits, to->measures);
        stepped = to_steps(brier, n, steps);
        add_steps(steps, n, stepped.bits, to->measures + LIMBS);
    }
    return found;
}

#endif
