/* Sampling keys: which rows of a batch may be among those with the smallest. */

#ifndef DRIFTLINE_KEYS_H
#define DRIFTLINE_KEYS_H

#include "_tables.h"

CLONES static void mix_rows(uint64_t *rows, int64_t n, uint64_t seed) {
    for (int64_t i = 0; i < n; i++) rows[i] = mix(rows[i] ^ seed);
}

/* Turn the hashes of a piece's rows into keys, and write down where they are at most `cut`; returns how often. */
static int64_t keys_below(uint64_t *rows, int64_t start, int64_t length, uint64_t seed, uint64_t cut, int64_t *places) {
    int64_t found = 0;
    for (int64_t row = 0; row < length; row += BLOCK) {
        int64_t end = length - row < BLOCK ? length : row + BLOCK;
        uint64_t *keys = rows + start;
        mix_rows(keys + row, end - row, seed);
        /* Without a jump, which nothing could foretell. */
        for (int64_t i = row; i < end; i++) {
            places[found] = i;
            found += keys[i] <= cut;
        }
    }
    return found;
}

PyDoc_STRVAR(row_keys_doc, "row_keys(rows, seed, pieces, cuts, places, found)\n\n"
                           "Turn the hashes of pieces' rows into sampling keys, in place, and find those that are at most a piece's cut.");

static PyObject *kernel_row_keys(PyObject *self, PyObject *args) {
    (void)self;
    Py_buffer rows, pieces, cuts, places, found;
    unsigned long long seed;
    if (!PyArg_ParseTuple(args, "w*Ky*y*w*w*", &rows, &seed, &pieces, &cuts, &places, &found)) return NULL;
    int64_t length = rows.len / 8, many = pieces.len / 24;
    const int64_t *piece = pieces.buf;
    int fit = places.len >= rows.len && cuts.len >= many * 8 && found.len >= many * 8;
    for (int64_t i = 0; fit && i < many; i++, piece += 3)
        fit = piece[0] >= 0 && piece[1] >= 0 && piece[0] <= length && piece[1] <= length - piece[0];
    if (fit) {
        Py_BEGIN_ALLOW_THREADS;
        piece = pieces.buf;
        for (int64_t i = 0; i < many; i++, piece += 3)
            ((int64_t *)found.buf)[i] =
                keys_below(rows.buf, piece[0], piece[1], seed, ((const uint64_t *)cuts.buf)[i], (int64_t *)places.buf + piece[0]);
        Py_END_ALLOW_THREADS;
    } else {
        PyErr_SetString(PyExc_ValueError, "the pieces do not fit the rows");
    }
    PyBuffer_Release(&rows);
    PyBuffer_Release(&pieces);
    PyBuffer_Release(&cuts);
    PyBuffer_Release(&places);
    PyBuffer_Release(&found);
    return fit ? Py_NewRef(Py_None) : NULL;
}

#endif
