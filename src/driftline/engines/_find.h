/* Finding the bins of many values, where their counts are made elsewhere. */

#ifndef DRIFTLINE_FIND_H
#define DRIFTLINE_FIND_H

#include "_hash.h"

/* How many edges lie at or below each value; a search without a jump, which nothing could foretell. NaN is above none. */
CLONES static void find_places(const double *x, int64_t n, const double *edge, int64_t edges, int64_t *places) {
    for (int64_t i = 0; i < n; i++) {
        int64_t at = 0;
        for (int64_t left = edges; left > 0;) {
            int64_t half = (left + 1) / 2;
            at += half & -(int64_t)(x[i] >= edge[at + half - 1]);
            left -= half;
        }
        places[i] = at;
    }
}

PyDoc_STRVAR(find_bins_doc, "find_bins(values, edges, bins)\n\nHow many of some increasing edges lie at or below each double; 0 for NaN.");

static PyObject *kernel_find_bins(PyObject *self, PyObject *args) {
    (void)self;
    Py_buffer values, edges, bins;
    if (!PyArg_ParseTuple(args, "y*y*w*", &values, &edges, &bins)) return NULL;
    int fit = bins.len >= values.len;
    if (fit) {
        Py_BEGIN_ALLOW_THREADS;
        find_places(values.buf, values.len / 8, edges.buf, edges.len / 8, bins.buf);
        Py_END_ALLOW_THREADS;
    } else {
        PyErr_SetString(PyExc_ValueError, "there are fewer bins than values");
    }
    PyBuffer_Release(&values);
    PyBuffer_Release(&edges);
    PyBuffer_Release(&bins);
    return fit ? Py_NewRef(Py_None) : NULL;
}

#endif
