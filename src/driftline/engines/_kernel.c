/* The counting kernel: one pass per column and batch, equal to profile/reference.py bit for bit.
 *
 * Every function takes buffers, lets go of the interpreter's lock and adds to tables that have one row per
 * slot (a segment in a window) and one place per column. `pieces` is int64[n, 3]: first row, rows, slot. */

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "_codes.h"

/* The tables of a Tally and the column at hand. */
typedef struct {
    Py_buffer pieces, counts, odd, sums, extremes, registers, rows;
    Py_ssize_t column, columns, offset, bins, width, length;
    unsigned long long factor;
} Tables;

#define TABLES_FORMAT "(y*w*w*w*w*w*w*nnnnnnK)"
#define TABLES_ARGS(t)                                                                                                        \
    &(t).pieces, &(t).counts, &(t).odd, &(t).sums, &(t).extremes, &(t).registers, &(t).rows, &(t).column, &(t).columns, &(t).offset, \
        &(t).bins, &(t).width, &(t).length, &(t).factor

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

static Target target(const Tables *t, int64_t slot) {
    int64_t place = slot * t->columns + t->column;
    return (Target){
        .counts = (int64_t *)t->counts.buf + slot * t->width + t->offset,
        .odd = (int64_t *)t->odd.buf + place * ODDS,
        .sums = (int64_t *)t->sums.buf + place * LIMBS,
        .extremes = (double *)t->extremes.buf + place * 2,
        .registers = (uint8_t *)t->registers.buf + place * REGISTERS,
    };
}

/* Refuse pieces and tables that do not fit each other: nothing is read or written out of bounds. */
static int tables_fit(const Tables *t) {
    int64_t slots = t->columns > 0 ? t->odd.len / (t->columns * ODDS * 8) : 0;
    int fit = t->column >= 0 && t->column < t->columns && t->offset >= 0 && t->bins > 0 && t->offset + t->bins <= t->width;
    fit = fit && t->counts.len >= slots * t->width * 8 && t->sums.len >= slots * t->columns * LIMBS * 8;
    fit = fit && t->extremes.len >= slots * t->columns * 16 && t->registers.len >= slots * t->columns * REGISTERS;
    fit = fit && (!t->rows.len || t->rows.len >= t->length * 8);
    for (int64_t i = 0; fit && i < piece_count(t); i++) {
        const int64_t *p = piece(t, i);
        fit = p[0] >= 0 && p[1] >= 0 && p[0] <= t->length && p[1] <= t->length - p[0] && p[2] >= 0 && p[2] < slots;
    }
    if (!fit) PyErr_SetString(PyExc_ValueError, "pieces, rows and tables do not fit each other");
    return fit;
}

static Py_ssize_t size_of(int type) {
    switch (type) {
    case 'b': case 'B': return 1;
    case 'h': case 'H': return 2;
    case 'i': case 'I': case 'f': return 4;
    case 'q': case 'Q': case 'd': return 8;
    default: return 0;
    }
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

PyDoc_STRVAR(binner_doc, "binner(edges, center, step) -> bytes\n\nThe table by which `count_numbers` finds bins.");

static PyObject *kernel_binner(PyObject *self, PyObject *args) {
    (void)self;
    Py_buffer edges;
    double center, step;
    if (!PyArg_ParseTuple(args, "y*dd", &edges, &center, &step)) return NULL;
    int32_t n = (int32_t)(edges.len / 8), padded = 1;
    while (padded - 1 < n) padded *= 2;
    size_t size = sizeof(Binner) + ((size_t)padded + PAD) * sizeof(double);
    Binner *b = calloc(1, size);
    if (!b) {
        PyBuffer_Release(&edges);
        return PyErr_NoMemory();
    }
    *b = (Binner){.center = center, .step = step, .edges = n, .top = padded / 2};
    memcpy(b->edge, edges.buf, (size_t)n * 8);
    PyBuffer_Release(&edges);
    for (int32_t i = n; i < padded + PAD; i++) b->edge[i] = INFINITY;
    if (n <= TABLE_EDGES) choose_cells(b);
    PyObject *bytes = PyBytes_FromStringAndSize((const char *)b, (Py_ssize_t)size);
    free(b);
    return bytes;
}

PyDoc_STRVAR(count_numbers_doc, "count_numbers(values, type, first, validity, offset, binner, tables)\n\nCount a column of numbers.");

static PyObject *kernel_count_numbers(PyObject *self, PyObject *args) {
    (void)self;
    Py_buffer values, valid, binner;
    Py_ssize_t first, offset;
    Tables t;
    int type;
    if (!PyArg_ParseTuple(args, "y*Cnz*nz*" TABLES_FORMAT, &values, &type, &first, &valid, &offset, &binner, TABLES_ARGS(t))) return NULL;
    const Binner *b = binner.buf;
    int fit = values_fit(&values, size_of(type), first, t.length) && bits_fit(&valid, offset, t.length) && tables_fit(&t);
    if (fit && (b ? b->edges + 1 : 1) != t.bins) {
        PyErr_SetString(PyExc_ValueError, "the column has other bins than its binner");
        fit = 0;
    }
    if (fit) {
        Py_BEGIN_ALLOW_THREADS;
        Numbers c = {(const char *)values.buf + first * size_of(type), (char)type, {valid.buf, offset}, size_of(type)};
        for (int64_t i = 0; i < piece_count(&t); i++) {
            const int64_t *p = piece(&t, i);
            if (!count_few(&c, b, target(&t, p[2]), p[0], p[1], rows_of(&t), t.factor))
                count_piece(&c, b, target(&t, p[2]), p[0], p[1], rows_of(&t), t.factor);
        }
        Py_END_ALLOW_THREADS;
    }
    PyBuffer_Release(&values);
    PyBuffer_Release(&valid);
    PyBuffer_Release(&binner);
    release_tables(&t);
    return fit ? Py_NewRef(Py_None) : NULL;
}

PyDoc_STRVAR(count_bins_doc, "count_bins(values, binner, counts)\n\nCount only the bins of fewer than 2**32 doubles.");

static PyObject *kernel_count_bins(PyObject *self, PyObject *args) {
    (void)self;
    Py_buffer values, binner, counts;
    if (!PyArg_ParseTuple(args, "y*y*w*", &values, &binner, &counts)) return NULL;
    const Binner *b = binner.buf;
    int fit = counts.len / 8 >= b->edges + 1;
    if (fit) {
        Py_BEGIN_ALLOW_THREADS;
        count_only_bins(values.buf, values.len / 8, b, counts.buf);
        Py_END_ALLOW_THREADS;
    } else {
        PyErr_SetString(PyExc_ValueError, "there are more bins than counts");
    }
    PyBuffer_Release(&values);
    PyBuffer_Release(&binner);
    PyBuffer_Release(&counts);
    return fit ? Py_NewRef(Py_None) : NULL;
}

static PyObject *list_of(const Unseen *noted, int64_t n) {
    PyObject *list = PyList_New((Py_ssize_t)n);
    for (int64_t i = 0; list && i < n; i++) {
        PyObject *item = Py_BuildValue("(LLL)", (long long)noted[i].piece, (long long)noted[i].code, (long long)noted[i].rows);
        if (!item || PyList_SetItem(list, (Py_ssize_t)i, item)) Py_CLEAR(list);
    }
    return list;
}

/* Count all pieces; returns how many unseen codes were noted, or -1 where memory is short. */
static int64_t count_coded_pieces(const int32_t *codes, Validity v, const Meaning *m, const Tables *t, Unseen *noted) {
    int64_t *tally = calloc((size_t)m->codes + 1, 8), found = -1;
    uint64_t *scaled = malloc(((size_t)m->codes + 1) * 8);
    if (tally && scaled) {
        for (int64_t i = 0; i < m->codes; i++) scaled[i] = (m->places[i] == PLACE_NULL ? NULL_HASH : m->hashes[i]) * t->factor;
        scaled[m->codes] = NULL_HASH * t->factor;
        found = 0;
        for (int64_t i = 0; i < piece_count(t); i++) {
            const int64_t *p = piece(t, i);
            int some = count_coded(codes, v, m, target(t, p[2]), p[0], p[1], rows_of(t), scaled, tally, noted + found);
            for (int j = 0; j < some; j++) noted[found++].piece = i;
        }
    }
    free(tally);
    free(scaled);
    return found;
}

PyDoc_STRVAR(count_codes_doc,
             "count_codes(codes, validity, offset, hashes, places, unseen, tables) -> [(piece, code, rows), ...]\n\n"
             "Count a column of dictionary codes; returns the unseen codes with the smallest hashes.");

static PyObject *kernel_count_codes(PyObject *self, PyObject *args) {
    (void)self;
    Py_buffer codes, valid, hashes, places, unseen;
    Py_ssize_t offset;
    Tables t;
    PyObject *result = NULL;
    if (!PyArg_ParseTuple(args, "y*z*ny*y*y*" TABLES_FORMAT, &codes, &valid, &offset, &hashes, &places, &unseen, TABLES_ARGS(t)))
        return NULL;
    Meaning m = {hashes.buf, places.buf, hashes.len / 8, unseen.buf, unseen.len / 4};
    int fit = values_fit(&codes, 4, offset, t.length) && bits_fit(&valid, offset, t.length) && tables_fit(&t);
    for (int64_t i = 0; fit && i < m.codes; i++) fit = places.len / 4 >= m.codes && m.places[i] < t.bins && m.places[i] >= PLACE_WRONG;
    for (int64_t i = 0; fit && i < m.unseens; i++) fit = m.unseen[i] >= 0 && m.unseen[i] < m.codes;
    Unseen *noted = fit ? malloc((size_t)(piece_count(&t) * UNSEEN_KEPT + 1) * sizeof *noted) : NULL;
    if (noted) {
        int64_t found;
        Py_BEGIN_ALLOW_THREADS;
        found = count_coded_pieces((const int32_t *)codes.buf + offset, (Validity){valid.buf, offset}, &m, &t, noted);
        Py_END_ALLOW_THREADS;
        result = found < 0 ? PyErr_NoMemory() : list_of(noted, found);
        free(noted);
    } else if (!PyErr_Occurred()) {
        PyErr_SetString(PyExc_ValueError, "the codes and their meaning do not fit each other");
    }
    PyBuffer_Release(&codes);
    PyBuffer_Release(&valid);
    PyBuffer_Release(&hashes);
    PyBuffer_Release(&places);
    PyBuffer_Release(&unseen);
    release_tables(&t);
    return result;
}

PyDoc_STRVAR(count_hashes_doc, "count_hashes(hashes, places, tables)\n\nCount a column with one bin by its rows' hashes.");

static PyObject *kernel_count_hashes(PyObject *self, PyObject *args) {
    (void)self;
    Py_buffer hashes, places;
    Tables t;
    if (!PyArg_ParseTuple(args, "y*y*" TABLES_FORMAT, &hashes, &places, TABLES_ARGS(t))) return NULL;
    int fit = tables_fit(&t) && hashes.len >= t.length * 8 && places.len >= t.length;
    if (fit) {
        Py_BEGIN_ALLOW_THREADS;
        for (int64_t i = 0; i < piece_count(&t); i++) {
            const int64_t *p = piece(&t, i);
            count_hashed(hashes.buf, places.buf, target(&t, p[2]), p[0], p[1], rows_of(&t), t.factor);
        }
        Py_END_ALLOW_THREADS;
    } else if (!PyErr_Occurred()) {
        PyErr_SetString(PyExc_ValueError, "the hashes are fewer than the rows");
    }
    PyBuffer_Release(&hashes);
    PyBuffer_Release(&places);
    release_tables(&t);
    return fit ? Py_NewRef(Py_None) : NULL;
}

PyDoc_STRVAR(hash_texts_doc, "hash_texts(offsets, size, data, offset, hashes)\n\nHash Arrow texts whose offsets have `size` bytes.");

static PyObject *kernel_hash_texts(PyObject *self, PyObject *args) {
    (void)self;
    Py_buffer offsets, data, hashes;
    Py_ssize_t size, offset;
    if (!PyArg_ParseTuple(args, "y*nz*nw*", &offsets, &size, &data, &offset, &hashes)) return NULL;
    Py_ssize_t n = hashes.len / 8, fit = size == 4 || size == 8;
    fit = fit && offset >= 0 && (!n || (offset + n + 1) * size <= offsets.len);
    if (fit) {
        Py_BEGIN_ALLOW_THREADS;
        const int32_t *narrow = (const int32_t *)offsets.buf + offset;
        const int64_t *broad = (const int64_t *)offsets.buf + offset;
        for (Py_ssize_t i = 0; fit && i < n; i++) {
            int64_t from = size == 4 ? narrow[i] : broad[i], to = size == 4 ? narrow[i + 1] : broad[i + 1];
            fit = from >= 0 && from <= to && to <= data.len;
            if (fit) ((uint64_t *)hashes.buf)[i] = hash_bytes((const uint8_t *)data.buf + from, to - from);
        }
        Py_END_ALLOW_THREADS;
    }
    if (!fit) PyErr_SetString(PyExc_ValueError, "the offsets do not fit the texts");
    PyBuffer_Release(&offsets);
    PyBuffer_Release(&data);
    PyBuffer_Release(&hashes);
    return fit ? Py_NewRef(Py_None) : NULL;
}

PyDoc_STRVAR(hash_integers_doc, "hash_integers(values, signed, hashes)\n\nHash the decimal texts of 64-bit integers.");

static PyObject *kernel_hash_integers(PyObject *self, PyObject *args) {
    (void)self;
    Py_buffer values, hashes;
    int is_signed;
    if (!PyArg_ParseTuple(args, "y*pw*", &values, &is_signed, &hashes)) return NULL;
    Py_ssize_t n = hashes.len / 8, fit = values.len >= hashes.len;
    if (fit) {
        Py_BEGIN_ALLOW_THREADS;
        const uint64_t *v = values.buf;
        uint64_t *to = hashes.buf;
        for (Py_ssize_t i = 0; i < n; i++) {
            int negative = is_signed && (int64_t)v[i] < 0;
            to[i] = hash_decimal(negative, negative ? 0 - v[i] : v[i]);
        }
        Py_END_ALLOW_THREADS;
    } else {
        PyErr_SetString(PyExc_ValueError, "there are fewer values than hashes");
    }
    PyBuffer_Release(&values);
    PyBuffer_Release(&hashes);
    return fit ? Py_NewRef(Py_None) : NULL;
}

PyDoc_STRVAR(row_keys_doc, "row_keys(rows, seed)\n\nTurn the rows' hashes into sampling keys, in place.");

static PyObject *kernel_row_keys(PyObject *self, PyObject *args) {
    (void)self;
    Py_buffer rows;
    unsigned long long seed;
    if (!PyArg_ParseTuple(args, "w*K", &rows, &seed)) return NULL;
    Py_BEGIN_ALLOW_THREADS;
    uint64_t *r = rows.buf;
    for (Py_ssize_t i = 0; i < rows.len / 8; i++) r[i] = mix(r[i] ^ seed);
    Py_END_ALLOW_THREADS;
    PyBuffer_Release(&rows);
    return Py_NewRef(Py_None);
}

PyDoc_STRVAR(use_doc, "use(wide) -> bool\n\nAllow or forbid wide instructions; returns whether they are used. For tests.");

static PyObject *kernel_use(PyObject *self, PyObject *args) {
    (void)self;
    int wanted;
    if (!PyArg_ParseTuple(args, "p", &wanted)) return NULL;
#ifdef HAS_AVX2
    wide = wanted && CAN_BE_WIDE;
#endif
    return PyBool_FromLong(wide);
}

static PyMethodDef methods[] = {
    {"binner", kernel_binner, METH_VARARGS, binner_doc},
    {"count_numbers", kernel_count_numbers, METH_VARARGS, count_numbers_doc},
    {"count_bins", kernel_count_bins, METH_VARARGS, count_bins_doc},
    {"count_codes", kernel_count_codes, METH_VARARGS, count_codes_doc},
    {"count_hashes", kernel_count_hashes, METH_VARARGS, count_hashes_doc},
    {"hash_texts", kernel_hash_texts, METH_VARARGS, hash_texts_doc},
    {"hash_integers", kernel_hash_integers, METH_VARARGS, hash_integers_doc},
    {"row_keys", kernel_row_keys, METH_VARARGS, row_keys_doc},
    {"use", kernel_use, METH_VARARGS, use_doc},
    {NULL, NULL, 0, NULL},
};

static int prepare(PyObject *module) {
    (void)module;
#ifdef HAS_AVX2
    __builtin_cpu_init();
    wide = CAN_BE_WIDE;
#endif
    return 0;
}

static PyModuleDef_Slot slots[] = {{Py_mod_exec, (void *)prepare}, {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, .m_name = "_kernel", .m_doc = "Counting at the speed of decoding.", .m_methods = methods, .m_slots = slots,
};

PyMODINIT_FUNC PyInit__kernel(void) { return PyModuleDef_Init(&definition); }
