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

static inline int32_t score_bin(const ScoreBinner *b, double score) {
    int32_t at = b->below[score_cell(b, score)];
    for (int32_t half = b->top; half; half >>= 1) at += score >= b->edge[at + half - 1] ? half : 0;
    return at;
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

/* Read scores; NaN where there is none, or no probability. */
CLONES static void keep_usable(double *x, int n) {
    for (int i = 0; i < n; i++) x[i] = (x[i] >= 0.0) & (x[i] <= 1.0) ? x[i] : (double)NAN;
}

static void hide_nulls(const Numbers *c, int64_t row, int n, double *x, double with) {
    if (!c->validity.bits) return;
    for (int i = 0; i < n; i++)
        if (!is_valid(c->validity, row + i)) x[i] = with;
}

CLONES static void name_classes(const double *x, int n, const double *worths, int64_t named, double *side) {
    for (int i = 0; i < n; i++) side[i] = UNKNOWN;
    for (int64_t k = 0; k < named; k++) {
        double worth = worths[2 * k], place = worths[2 * k + 1];
        for (int i = 0; i < n; i++) side[i] = x[i] == worth ? place : side[i];
    }
}

static void read_classes(const Classes *c, int64_t row, int n, double *side) {
    double x[BLOCK];
    read_block(&c->numbers, row, n, x);
    name_classes(x, n, c->worths, c->named, side);
    hide_nulls(&c->numbers, row, n, side, UNKNOWN);
}

/* What a model says by its scores alone. */
static void say_by_score(const double *score, int n, double threshold, double *side) {
    for (int i = 0; i < n; i++) side[i] = score[i] != score[i] ? UNKNOWN : score[i] >= threshold ? POSITIVE : NEGATIVE;
}

/* -ln x, for x in [2^-52, 1], to a few units of its last digit: 2 atanh((m - 1) / (m + 1)) of what is left of powers of two. */
static inline double quick_loss(double x) {
    uint64_t word, half = 0x3FE6A09E667F3BCDULL; /* √½ */
    memcpy(&word, &x, 8);
    word += 0x3FF0000000000000ULL - half;
    uint64_t exponent = (word >> 52) | 0x4330000000000000ULL, fraction = (word & 0x000FFFFFFFFFFFFFULL) + half;
    double power, m;
    memcpy(&power, &exponent, 8);
    memcpy(&m, &fraction, 8);
    power -= 4503599627370496.0 + 1023.0;
    double s = (m - 1.0) / (m + 1.0), z = s * s, sum = 1.0 / 21;
    sum = sum * z + 1.0 / 19;
    sum = sum * z + 1.0 / 17;
    sum = sum * z + 1.0 / 15;
    sum = sum * z + 1.0 / 13;
    sum = sum * z + 1.0 / 11;
    sum = sum * z + 1.0 / 9;
    sum = sum * z + 1.0 / 7;
    sum = sum * z + 1.0 / 5;
    sum = sum * z + 1.0 / 3;
    return -(power * 0.6931471805599453 + 2.0 * s + 2.0 * s * (z * sum));
}

/* Log loss and Brier score in steps of their grid; 0 where score or label is unknown. */
CLONES static void losses(const double *score, const double *came, int n, double *given, double *log_loss, double *brier) {
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

/* Round to whole steps; adding and taking away 1.5 * 2^52 rounds to even, as rint does. */
CLONES static void to_steps(const double *x, int n, int64_t *steps, double *off) {
    for (int i = 0; i < n; i++) {
        double moved = x[i] + MAGIC, whole = moved - MAGIC;
        int64_t word, zero = 0x4338000000000000LL;
        memcpy(&word, &moved, 8);
        steps[i] = word - zero;
        off[i] = fabs(x[i] - whole);
    }
}

/* Add whole steps, none of them negative, and their squares to the limbs of a measure. */
static void add_steps(const int64_t *steps, int n, int64_t *limbs) {
    int64_t total = 0;
    uint64_t low = 0, high = 0;
    u128 far_square = 0;
    for (int i = 0; i < n; i++) {
        uint64_t q = (uint64_t)steps[i], square = q * q;
        total += steps[i];
        if (__builtin_expect(q >> 32 != 0, 0)) far_square += (u128)q * q, square = 0;
        low += square & 0xFFFFFFFFULL;
        high += square >> 32;
    }
    add_to_limbs(limbs, SUM_LIMBS, total);
    add_squares(limbs + SUM_LIMBS, far_square + low + ((u128)high << 32));
}

/* Each row's cell within its bin, and its score, 0 where it is unknown. */
CLONES static void name_cells(const double *score, const double *said, const double *came, int n, double *x, int32_t *cell, int32_t *side) {
    for (int i = 0; i < n; i++) {
        x[i] = score[i] == score[i] ? score[i] : 0.0;
        cell[i] = (int32_t)(said[i] * SIDES + came[i]);
        side[i] = (int32_t)came[i];
    }
}

/* Count a block's rows by bin, what was said and what came true, and sum their scores. */
static void count_sides(const ScoreBinner *b, const double *score, const double *said, const double *came, int n, Scored *to) {
    int64_t steps[BLOCK], *cells = to->cells, *sums = to->sums;
    int32_t cell[BLOCK], side[BLOCK], bins[BLOCK];
    double x[BLOCK], off[BLOCK];
    name_cells(score, said, came, n, x, cell, side);
    for (int i = 0; i < n; i++) bins[i] = score_bin(b, x[i]);
    for (int i = 0; i < n; i++) bins[i] = score[i] == score[i] ? bins[i] : b->edges + 1;
    for (int i = 0; i < n; i++) x[i] *= SCORE_STEPS;
    to_steps(x, n, steps, off);
    for (int i = 0; i < n; i++) {
        cells[bins[i] * SIDES * SIDES + cell[i]]++;
        sums[bins[i] * SIDES + side[i]] += steps[i];
    }
}

/* Count a stretch of rows. Where a logarithm's last digits may decide the rounding, the probability given is written to
 * `doubtful` instead, and its loss left out; returns how many these are. */
static int64_t count_scored(const Numbers *scores, const Classes *says, const Classes *comes, const ScoreBinner *b, int64_t start,
                            int64_t length, Scored *to, double *doubtful) {
    double score[BLOCK], said[BLOCK], came[BLOCK], given[BLOCK], loss[BLOCK], brier[BLOCK], off[BLOCK];
    int64_t steps[BLOCK], found = 0;
    for (int64_t row = start; row < start + length; row += BLOCK) {
        int n = start + length - row < BLOCK ? (int)(start + length - row) : BLOCK;
        read_block(scores, row, n, score);
        hide_nulls(scores, row, n, score, NAN);
        keep_usable(score, n);
        read_classes(comes, row, n, came);
        if (says) read_classes(says, row, n, said);
        else say_by_score(score, n, b->threshold, said);
        count_sides(b, score, said, came, n, to);
        losses(score, came, n, given, loss, brier);
        to_steps(loss, n, steps, off);
        for (int i = 0; i < n; i++) {
            if (off[i] < DOUBTFUL) continue;
            doubtful[found++] = given[i];
            steps[i] = 0;
        }
        add_steps(steps, n, to->measures);
        to_steps(brier, n, steps, off);
        add_steps(steps, n, to->measures + LIMBS);
    }
    return found;
}

#endif
