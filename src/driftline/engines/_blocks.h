/* The passes over one block of doubles; included once for each instruction set, with FN and NAME set.
 *
 * A block is at most BLOCK finite doubles, a multiple of GROUP. Each pass joins a loop that waits for
 * loads with one that computes, which takes little more time than either alone. */

/* Whether a block holds NaN or an infinity. */
FN int NAME(any_odd)(const double *x, int n) {
    const v4u exponent = ALL(EXPONENT);
    v4i odd = ALL(0);
    for (int i = 0; i < n; i += 4) odd |= (*(const v4u *)(x + i) & exponent) == exponent;
    return ANY(odd);
}

/* The cell of each value. */
FN void NAME(cells)(const double *restrict x, int n, const Binner *b, int32_t *restrict cells) {
    if (b->curved) {
        const double origin = b->origin, soft = b->soft;
        const int32_t shift = b->shift, zero = b->zero, first = b->first;
        for (int i = 0; i < n; i++) {
            int32_t key = curve(x[i], origin, soft, shift, zero) - first;
            key = key < CELLS - 1 ? key : CELLS - 1;
            cells[i] = key > 0 ? key : 0;
        }
        return;
    }
    const v4d origin = ALL(b->origin), inverse = ALL(b->inverse), zero = ALL(0.0), last = ALL(CELLS - 1.0);
    for (int i = 0; i < n; i += 4) {
        v4d t = (*(const v4d *)(x + i) - origin) * inverse;
        t = MAX(t, zero);
        t = MIN(t, last);
        *(v4s *)(cells + i) = __builtin_convertvector(t, v4s);
    }
}

/* From cells to bins, in place. */
FN void NAME(bins)(const double *x, int n, const Binner *b, int32_t *cells) {
#define BINS(steps) for (int i = 0; i < n; i++) cells[i] = bin_in_cell(b, cells[i], x[i], steps)
    if (b->steps == 1) BINS(1);
    else if (b->steps == 2) BINS(2);
    else BINS(b->steps);
#undef BINS
}

/* Hash each value and raise the registers that a hash with no bit of `mask` may raise; add the hashes to
 * `rows`, where given; turn cells into bins, where there are `steps`; and have memory bring the next block. */
FN inline void NAME(hash_and_bin)(const double *x, int n, uint64_t *hashes, uint8_t *registers, uint64_t mask, uint64_t *rows,
                                  uint64_t factor, const Binner *b, int32_t *cells, const Ahead *ahead, const int steps) {
    const v4u high_bits = ALL(mask);
    const v4d zero = ALL(0.0);
    for (int i = 0; i < n; i += GROUP) {
        v4i high = ALL(0);
        for (int j = i; j < i + GROUP; j += 4) {
            v4u z = (v4u)(*(const v4d *)(x + j) + zero);
            z = TIMES(z ^ (z >> 30), 0xBF58476D1CE4E5B9ULL);
            z = TIMES(z ^ (z >> 27), 0x94D049BB133111EBULL);
            z ^= z >> 31;
            *(v4u *)(hashes + j) = z;
            high |= (z & high_bits) == 0;
            if (rows) *(v4u *)(rows + j) += TIMES(z, factor);
            if (j % 8 == 0) {
                __builtin_prefetch(ahead->values + j * ahead->size);
                __builtin_prefetch(ahead->rows + j * 8, 1);
            }
            for (int k = j; steps && k < j + 4; k++) cells[k] = bin_in_cell(b, cells[k], x[k], steps);
        }
        if (ANY(high))
            for (int j = i; j < i + GROUP; j++) raise_register(registers, hashes[j]);
    }
}

FN void NAME(look)(const double *x, int n, uint64_t *hashes, uint8_t *registers, uint64_t mask, uint64_t *rows, uint64_t factor,
                   const Binner *b, int32_t *cells, const Ahead *ahead) {
#define LOOK(steps) NAME(hash_and_bin)(x, n, hashes, registers, mask, rows, factor, b, cells, ahead, steps)
    switch (b ? b->steps : 0) {
    case 0: LOOK(0); break;
    case 1: LOOK(1); break;
    case 2: LOOK(2); break;
    case 3: LOOK(3); break;
    default: LOOK(b->steps);
    }
#undef LOOK
}

/* Values too far from the center for 32 bits, one at a time. */
static void NAME(far)(const double *x, const Binner *b, Measures *m) {
    for (int i = 0; i < GROUP; i++) {
        double t = (x[i] - b->center) * b->step;
        if (fabs(t) < NEAR) continue;
        t = t < -CLIP ? -CLIP : t > CLIP ? CLIP : t;
        int64_t q = (int64_t)rint(t);
        m->far_total += q;
        m->far_square += (u128)((i128)q * q);
    }
}

/* Sums on the fixed-point grid, least and greatest; and count the bins, where given, in four histograms that
 * lie `apart`, so that equal neighbours do not wait for each other.
 *
 * Counting is in another loop than finding the bins since the processor would hold back the next value's
 * loads until the address of every earlier count is known. */
FN void NAME(measure)(const double *x, int n, const Binner *b, Measures *m, const int32_t *bins, uint32_t *histogram, int apart) {
    const v4d center = ALL(b->center), step = ALL(b->step), magic = ALL(MAGIC), near = ALL(NEAR);
    const v4u low_half = ALL(0xFFFFFFFFULL), no_sign = ALL(0x7FFFFFFFFFFFFFFFULL);
    v4d least = ALL(m->least), greatest = ALL(m->greatest);
    v4i total = ALL(0);
    v4u low = ALL(0), high = ALL(0);
    for (int i = 0; i < n; i += GROUP) {
        v4i far = ALL(0);
        v4u squares = ALL(0);
        for (int j = i; j < i + GROUP; j += 4) {
            v4d v = *(const v4d *)(x + j);
            least = MIN(v, least);
            greatest = MAX(v, greatest);
            v4d t = (v - center) * step;
            v4i inside = (v4d)((v4u)t & no_sign) < near;
            far |= ~inside;
            /* Adding 1.5 * 2^52 rounds to even and leaves the integer in the low bits. */
            v4i q = (v4i)((v4d)((v4i)t & inside) + magic) - (v4i)magic;
            total += q;
            squares += SQUARE(q);
            for (int k = 0; bins && k < 4; k++) histogram[k * apart + bins[j + k]]++;
        }
        low += squares & low_half;
        high += squares >> 32;
        if (ANY(far)) NAME(far)(x + i, b, m);
    }
    m->total += total[0] + total[1] + total[2] + total[3];
    m->low += low[0] + low[1] + low[2] + low[3];
    m->high += high[0] + high[1] + high[2] + high[3];
    for (int k = 0; k < 4; k++) {
        m->least = least[k] < m->least ? least[k] : m->least;
        m->greatest = greatest[k] > m->greatest ? greatest[k] : m->greatest;
    }
}

FN void NAME(add_rows)(const uint64_t *restrict hashes, int n, uint64_t *restrict rows, uint64_t factor) {
    for (int i = 0; i < n; i++) rows[i] += hashes[i] * factor;
}
