/* From a value to its bin: a table of cells in front of the edges, exact because every step is monotone. */

#ifndef DRIFTLINE_BINS_H
#define DRIFTLINE_BINS_H

#include <float.h>
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define CELLS 4096
#define TABLE_EDGES 255
#define MOST_STEPS 8
#define PAD 16

/* A cell is a monotone function of the value, so all edges of lower cells lie at or below it and all
 * edges of higher cells above: only the few edges that share its cell (`steps` at most) are compared.
 * The cell is either linear in x or, for heavy tails, linear near `origin` and logarithmic beyond `soft`
 * (like asinh): the leading bits of |x - origin| + soft, with the sign of x - origin. */
typedef struct {
    double center, step;
    double origin, inverse, soft;
    int32_t curved, shift, zero, first;
    int32_t steps; /* 0: no table serves, search the edges */
    int32_t edges, top;
    uint8_t below[CELLS];
    double edge[];
} Binner;

static inline int32_t high_word(double x) {
    int64_t word;
    memcpy(&word, &x, 8);
    return (int32_t)(word >> 32);
}

/* The place of x on the curved scale, before it is cut to the cells there are. */
static inline int32_t curve(double x, double origin, double soft, int32_t shift, int32_t zero) {
    double t = x - origin;
    int32_t sign = high_word(t) >> 31;
    int32_t size = (high_word(fabs(t) + soft) >> shift) - zero;
    return (size ^ sign) - sign;
}

static inline int32_t cell(const Binner *b, double x) {
    if (b->curved) {
        int32_t key = curve(x, b->origin, b->soft, b->shift, b->zero) - b->first;
        key = key < CELLS - 1 ? key : CELLS - 1;
        return key > 0 ? key : 0;
    }
    double t = (x - b->origin) * b->inverse;
    t = t > 0.0 ? t : 0.0;
    t = t < CELLS - 1.0 ? t : CELLS - 1.0;
    return (int32_t)t;
}

/* How many edges are at or below x, which is finite and in that cell. */
static inline int32_t bin_in_cell(const Binner *b, int32_t in, double x, int steps) {
    uint32_t bin = b->below[in];
    for (int s = 0; s < steps; s++) bin += x >= b->edge[bin];
    return (int32_t)bin;
}

/* How many edges are at or below x: binary search without branches over edges padded with +inf. */
static inline int32_t place(const Binner *b, double x) {
    int32_t at = 0;
    for (int32_t half = b->top; half; half >>= 1) at += x >= b->edge[at + half - 1] ? half : 0;
    return at < b->edges ? at : b->edges;
}

/* The first edge that a finite value may be below, and the first that it never reaches. */
static void finite_edges(const Binner *b, int32_t *from, int32_t *to) {
    for (*from = 0; *from < b->edges && b->edge[*from] <= -DBL_MAX; ++*from) {}
    for (*to = b->edges; *to > *from && b->edge[*to - 1] > DBL_MAX; --*to) {}
}

/* The most edges that share a cell, as the cells are set. */
static int most_in_a_cell(const Binner *b) {
    int32_t from, to, here = 0, most = 1, last = -1;
    finite_edges(b, &from, &to);
    for (int32_t i = from; i < to; i++) {
        int32_t k = cell(b, b->edge[i]);
        here = k == last ? here + 1 : 1;
        last = k;
        most = here > most ? here : most;
    }
    return most;
}

/* Write down for each cell how many edges lie below it. */
static void fill_cells(Binner *b) {
    int32_t from, to, at = 0;
    finite_edges(b, &from, &to);
    for (int32_t i = from; i < to; i++)
        for (int32_t k = cell(b, b->edge[i]); at <= k; at++) b->below[at] = (uint8_t)i;
    memset(b->below + at, (uint8_t)to, (size_t)(CELLS - at));
}

static void set_linear(Binner *b, double low, double high) {
    double inverse = (CELLS - 4) / (high - low);
    if (!(inverse > 0.0) || inverse > DBL_MAX) inverse = 0.0;
    b->curved = 0;
    b->inverse = inverse;
    b->origin = inverse > 0.0 ? low - 1.5 / inverse : 0.0;
    if (!isfinite(b->origin)) b->origin = 0.0, b->inverse = 0.0;
}

/* Bend the scale around `origin`; `soft` is positive and the shift at least 4, so that no key overflows. */
static void set_curved(Binner *b, double origin, double soft, double low, double high) {
    b->curved = 1;
    b->origin = origin + 0.0;
    b->soft = soft;
    for (b->shift = 4;; b->shift++) {
        b->zero = high_word(soft) >> b->shift;
        int32_t from = curve(low, origin, soft, b->shift, b->zero), to = curve(high, origin, soft, b->shift, b->zero);
        b->first = from - 1;
        if (to - from <= CELLS - 4) return;
    }
}

/* The fewest comparisons any cells could leave: a point mass has two edges side by side. */
static int fewest_steps(const Binner *b) {
    for (int32_t i = 1; i < b->edges; i++)
        if (b->edge[i] <= DBL_MAX && b->edge[i - 1] >= -DBL_MAX && nextafter(b->edge[i - 1], INFINITY) == b->edge[i]) return 2;
    return 1;
}

/* Choose the cells that leave the fewest comparisons. */
static void choose_cells(Binner *b) {
    int32_t from, to;
    finite_edges(b, &from, &to);
    to--;
    /* The reference's extremes are far away and rarely met: the outermost cells are for them. */
    if (to - from > 3) from++, to--;
    double low = from <= to ? b->edge[from] : 0.0, high = from <= to ? b->edge[to] : 0.0;
    set_linear(b, low, high);
    int fewest = fewest_steps(b), steps = most_in_a_cell(b);
    struct { char bytes[offsetof(Binner, below)]; } best;
    memcpy(&best, b, sizeof best);
    for (int half = 0; half < 9 && steps > fewest && high > low; half++) {
        double origins[] = {0.0, b->center, low};
        for (int i = 0; i < 3; i++) {
            double soft = (high / 2 - low / 2) * ldexp(1.0, -3 * half) + DBL_MIN;
            set_curved(b, origins[i], soft, low, high);
            int wanted = most_in_a_cell(b);
            if (wanted >= steps) continue;
            steps = wanted;
            memcpy(&best, b, sizeof best);
        }
    }
    memcpy(b, &best, sizeof best);
    fill_cells(b);
    b->steps = steps <= MOST_STEPS ? steps : 0;
}

#endif
