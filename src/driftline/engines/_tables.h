/* What Python hands over: the tables of a Tally, columns of numbers; and whether they fit each other. */

#ifndef DRIFTLINE_TABLES_H
#define DRIFTLINE_TABLES_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "_codes.h"
#include "_scores.h"

/* The tables of a Tally, and the rows of the batch at hand. */
typedef struct {
    Py_buffer pieces, counts, odd, sums, extremes, registers, rows;
    Py_ssize_t columns, width, length;
} Tables;

#define TABLES_FORMAT "(y*w*w*w*w*w*w*nnn)"
#define TABLES_ARGS(t)                                                                                                       \
    &(t).pieces, &(t).counts, &(t).odd, &(t).sums, &(t).extremes, &(t).registers, &(t).rows, &(t).columns, &(t).width, &(t).length

/* Where a column lies in the tables, and by what its hashes are multiplied for the row's. */
typedef struct {
    Py_ssize_t column, offset, bins;
    unsigned long long factor;
} Place;

#define PLACE_FORMAT "(nnnK)"
#define PLACE_ARGS(p) &(p).column, &(p).offset, &(p).bins, &(p).factor

static void release_tables(Tables *t) {
    PyBuffer_Release(&t->pieces);
    PyBuffer_Release(&t->counts);
    PyBuffer_Release(&t->odd);
    PyBuffer_Release(&t->sums);
    PyBuffer_Release(&t->extremes);
    PyBuffer_Release(&t->registers);
    PyBuffer_Release(&t->rows);
}

static int64_t piece_count(const Tables *t) { return t->pieces.len / (3 * (Py_ssize_t)sizeof(int64_t)); }

static const int64_t *piece(const Tables *t, int64_t i) { return (const int64_t *)t->pieces.buf + 3 * i; }

static uint64_t *rows_of(const Tables *t) { return t->rows.len ? t->rows.buf : NULL; }

static Target target(const Tables *t, const Place *p, int64_t slot) {
    int64_t place = slot * t->columns + p->column;
    return (Target){
        .counts = (int64_t *)t->counts.buf + slot * t->width + p->offset,
        .odd = (int64_t *)t->odd.buf + place * ODDS,
        .sums = (int64_t *)t->sums.buf + place * LIMBS,
        .extremes = (double *)t->extremes.buf + place * 2,
        .registers = (uint8_t *)t->registers.buf + place * REGISTERS,
    };
}

/* Refuse pieces and tables that do not fit each other: nothing is read or written out of bounds. */
static int tables_fit(const Tables *t) {
    int64_t slots = t->columns > 0 ? t->odd.len / (t->columns * ODDS * 8) : 0;
    int fit = t->counts.len >= slots * t->width * 8 && t->sums.len >= slots * t->columns * LIMBS * 8;
    fit = fit && t->extremes.len >= slots * t->columns * 16 && t->registers.len >= slots * t->columns * REGISTERS;
    fit = fit && (!t->rows.len || t->rows.len >= t->length * 8);
    for (int64_t i = 0; fit && i < piece_count(t); i++) {
        const int64_t *p = piece(t, i);
        fit = p[0] >= 0 && p[1] >= 0 && p[0] <= t->length && p[1] <= t->length - p[0] && p[2] >= 0 && p[2] < slots;
    }
    if (!fit) PyErr_SetString(PyExc_ValueError, "pieces, rows and tables do not fit each other");
    return fit;
}

static int place_fits(const Place *p, const Tables *t) {
    int fit = p->column >= 0 && p->column < t->columns && p->offset >= 0 && p->bins > 0 && p->offset + p->bins <= t->width;
    if (!fit) PyErr_SetString(PyExc_ValueError, "the column and the tables do not fit each other");
    return fit;
}

static Py_ssize_t size_of(int type) {
#define SIZE(CODE, TYPE, ONE) \
    case CODE: return sizeof(TYPE);
    switch (type) { TYPES(SIZE) }
#undef SIZE
    return 0;
}

/* Whether `length` values from `first` on lie inside the buffer. */
static int values_fit(const Py_buffer *values, Py_ssize_t size, Py_ssize_t first, Py_ssize_t length) {
    int fit = size > 0 && first >= 0 && length >= 0 && first + length <= values->len / size;
    if (!fit) PyErr_SetString(PyExc_ValueError, "the values are fewer than the rows");
    return fit;
}

static int bits_fit(const Py_buffer *valid, Py_ssize_t offset, Py_ssize_t length) {
    int fit = offset >= 0 && (!valid->buf || (offset + length + 7) / 8 <= valid->len);
    if (!fit) PyErr_SetString(PyExc_ValueError, "the validity bits are fewer than the rows");
    return fit;
}

/* A column of numbers: the values from `first` on, their validity bits from `offset` on. */
typedef struct {
    Py_buffer values, valid, binner;
    Py_ssize_t first, offset;
    int type;
    Place place;
} Column;

static Numbers numbers_of(const Column *c) {
    Py_ssize_t size = size_of(c->type);
    return (Numbers){(const char *)c->values.buf + c->first * size, (char)c->type, {c->valid.buf, c->offset}, size};
}

static void release_columns(Column *columns, Py_ssize_t n) {
    for (Py_ssize_t i = 0; i < n; i++) {
        PyBuffer_Release(&columns[i].values);
        PyBuffer_Release(&columns[i].valid);
        PyBuffer_Release(&columns[i].binner);
    }
    free(columns);
}

/* Read a list of columns, each of which must have `length` rows; NULL with an error set where that fails. */
static Column *columns_of(PyObject *list, Py_ssize_t length, Py_ssize_t *n) {
    *n = PyList_Size(list);
    if (*n < 0) return NULL;
    Column *columns = calloc((size_t)*n + 1, sizeof *columns);
    if (!columns) return (Column *)PyErr_NoMemory();
    for (Py_ssize_t i = 0; i < *n; i++) {
        Column *c = columns + i;
        PyObject *item = PyList_GetItem(list, i);
        if (item && !PyTuple_Check(item)) PyErr_SetString(PyExc_TypeError, "a column of numbers is a tuple");
        int read = item && PyTuple_Check(item) &&
                   PyArg_ParseTuple(item, "y*Cnz*nz*" PLACE_FORMAT, &c->values, &c->type, &c->first, &c->valid, &c->offset,
                                    &c->binner, PLACE_ARGS(c->place));
        if (read && values_fit(&c->values, size_of(c->type), c->first, length) && bits_fit(&c->valid, c->offset, length)) continue;
        /* What could not be read holds no buffers. */
        release_columns(columns, read ? i + 1 : i);
        return NULL;
    }
    return columns;
}

/* A column of scores or of classes, read from a tuple; one that is None has no buffers. */
typedef struct {
    Py_buffer values, valid, worths;
    Numbers numbers;
} ScoreColumn;

static void release_score_column(ScoreColumn *c) {
    PyBuffer_Release(&c->values);
    PyBuffer_Release(&c->valid);
    PyBuffer_Release(&c->worths);
}

/* Read a column that must have `length` rows; where that fails an error is set, and what it holds is still to be released. */
static int score_column(PyObject *item, Py_ssize_t length, ScoreColumn *c) {
    Py_ssize_t first, offset;
    int type;
    *c = (ScoreColumn){0};
    if (item == Py_None) return 1;
    if (!PyTuple_Check(item)) PyErr_SetString(PyExc_TypeError, "a column of scores is a tuple");
    if (!PyTuple_Check(item) || !PyArg_ParseTuple(item, "y*Cnz*nz*", &c->values, &type, &first, &c->valid, &offset, &c->worths)) {
        *c = (ScoreColumn){0};
        return 0;
    }
    Py_ssize_t size = size_of(type);
    c->numbers = (Numbers){(const char *)c->values.buf + first * size, (char)type, {c->valid.buf, offset}, size};
    return values_fit(&c->values, size, first, length) && bits_fit(&c->valid, offset, length);
}

static Classes classes_of(const ScoreColumn *c) { return (Classes){c->numbers, c->worths.buf, c->worths.len / 16}; }

static int column_fits(const Column *c, const Tables *t) {
    const Binner *b = c->binner.buf;
    if (!place_fits(&c->place, t)) return 0;
    if ((b ? b->edges + 1 : 1) == c->place.bins) return 1;
    PyErr_SetString(PyExc_ValueError, "the column has other bins than its binner");
    return 0;
}

#endif
