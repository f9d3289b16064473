/* The counting kernel: one pass per column and batch, equal to profile/reference.py bit for bit.
 *
 * Every function takes buffers, lets go of the interpreter's lock and adds to tables that have one row per
 * slot (a segment in a window) and one place per column. `pieces` is int64[n, 3]: first row, rows, slot. */

#include "_tables.h"
#include "_find.h"
#include "_keys.h"

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

static void count_column(const Column *column, const Tables *t) {
    const Binner *b = column->binner.buf;
    unsigned long long factor = column->place.factor;
    Numbers c = numbers_of(column);
    for (int64_t i = 0; i < piece_count(t); i++) {
        const int64_t *p = piece(t, i);
        Target to = target(t, &column->place, p[2]);
        if (!count_few(&c, b, to, p[0], p[1], rows_of(t), factor)) count_piece(&c, b, to, p[0], p[1], rows_of(t), factor);
    }
}

PyDoc_STRVAR(count_numbers_doc, "count_numbers([(values, type, first, validity, offset, binner, place), ...], tables)\n\n"
                                "Count columns of numbers.");

static PyObject *kernel_count_numbers(PyObject *self, PyObject *args) {
    (void)self;
    PyObject *list;
    Py_ssize_t n;
    Tables t;
    if (!PyArg_ParseTuple(args, "O" TABLES_FORMAT, &list, TABLES_ARGS(t))) return NULL;
    Column *columns = tables_fit(&t) ? columns_of(list, t.length, &n) : NULL;
    int fit = columns != NULL;
    for (Py_ssize_t i = 0; fit && i < n; i++) fit = column_fits(columns + i, &t);
    if (fit) {
        Py_BEGIN_ALLOW_THREADS;
        for (Py_ssize_t i = 0; i < n; i++) count_column(columns + i, &t);
        Py_END_ALLOW_THREADS;
    }
    if (columns) release_columns(columns, n);
    release_tables(&t);
    return fit ? Py_NewRef(Py_None) : NULL;
}

PyDoc_STRVAR(take_numbers_doc, "take_numbers([(values, type, first, validity, offset, binner, place), ...], rows, table)\n\n"
                               "Write the numbers of some rows into their columns of a table of doubles, NaN where null.");

static PyObject *kernel_take_numbers(PyObject *self, PyObject *args) {
    (void)self;
    PyObject *list;
    Py_ssize_t n;
    Py_buffer rows, table;
    if (!PyArg_ParseTuple(args, "Oy*w*", &list, &rows, &table)) return NULL;
    int64_t taken = rows.len / 8, width = taken ? table.len / 8 / taken : 0, least = 0, most = -1;
    const int64_t *row = rows.buf;
    for (int64_t i = 0; i < taken; i++) {
        least = row[i] < least ? row[i] : least;
        most = row[i] > most ? row[i] : most;
    }
    Column *columns = columns_of(list, (Py_ssize_t)most + 1, &n);
    int fit = columns != NULL;
    for (Py_ssize_t i = 0; fit && i < n; i++) {
        fit = least >= 0 && (!taken || (columns[i].place.column >= 0 && columns[i].place.column < width));
        if (!fit) PyErr_SetString(PyExc_ValueError, "the rows and the table do not fit each other");
    }
    if (fit) {
        Py_BEGIN_ALLOW_THREADS;
        for (Py_ssize_t i = 0; i < n; i++) {
            Numbers c = numbers_of(columns + i);
            take_rows(&c, row, taken, (double *)table.buf + columns[i].place.column, width);
        }
        Py_END_ALLOW_THREADS;
    }
    if (columns) release_columns(columns, n);
    PyBuffer_Release(&rows);
    PyBuffer_Release(&table);
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

PyDoc_STRVAR(score_binner_doc, "score_binner(edges, threshold) -> bytes\n\nThe table by which `count_scores` finds bins.");

static PyObject *kernel_score_binner(PyObject *self, PyObject *args) {
    (void)self;
    Py_buffer edges;
    double threshold;
    if (!PyArg_ParseTuple(args, "y*d", &edges, &threshold)) return NULL;
    Py_ssize_t n = edges.len / 8, padded = 1;
    while (padded <= n) padded *= 2;
    size_t size = sizeof(ScoreBinner) + (size_t)(n + padded) * sizeof(double);
    const double *edge = edges.buf;
    int fit = n <= MOST_EDGES;
    for (Py_ssize_t i = 0; fit && i < n; i++) fit = edge[i] > (i ? edge[i - 1] : 0.0) && edge[i] <= 1.0;
    ScoreBinner *b = fit ? calloc(1, size) : NULL;
    PyObject *bytes = NULL;
    if (b) {
        *b = (ScoreBinner){.threshold = threshold, .edges = (int32_t)n};
        memcpy(b->edge, edge, (size_t)n * 8);
        for (Py_ssize_t i = n; i < n + padded; i++) b->edge[i] = INFINITY;
        choose_score_cells(b);
        bytes = PyBytes_FromStringAndSize((const char *)b, (Py_ssize_t)size);
        free(b);
    } else if (fit) {
        PyErr_NoMemory();
    } else {
        PyErr_SetString(PyExc_ValueError, "the edges do not increase within (0, 1]");
    }
    PyBuffer_Release(&edges);
    return bytes;
}

PyDoc_STRVAR(count_scores_doc,
             "count_scores(score, said, came, binner, start, length, tables, doubtful) -> int\n\n"
             "Count a stretch of rows of scores beside classes; returns how many probabilities were left in `doubtful`.");

static PyObject *kernel_count_scores(PyObject *self, PyObject *args) {
    (void)self;
    PyObject *parts[3];
    Py_buffer binner, cells, sums, measures, doubtful;
    Py_ssize_t start, length;
    ScoreColumn columns[3];
    if (!PyArg_ParseTuple(args, "OOOy*nn(w*w*w*)w*", parts, parts + 1, parts + 2, &binner, &start, &length, &cells, &sums, &measures,
                          &doubtful))
        return NULL;
    const ScoreBinner *b = binner.buf;
    int64_t bins = b->edges + 2, found = 0;
    int fit = start >= 0 && length >= 0 && doubtful.len / 8 >= length && cells.len / 8 >= bins * SIDES * SIDES &&
              sums.len / 8 >= bins * SIDES && measures.len / 8 >= 2 * LIMBS;
    if (!fit) PyErr_SetString(PyExc_ValueError, "rows and tables do not fit each other");
    int read = 0;
    for (; fit && read < 3; read++) fit = score_column(parts[read], start + length, columns + read);
    if (fit) {
        Scored to = {cells.buf, sums.buf, measures.buf};
        Classes says = classes_of(columns + 1), comes = classes_of(columns + 2);
        Py_BEGIN_ALLOW_THREADS;
        found = count_scored(&columns[0].numbers, parts[1] == Py_None ? NULL : &says, &comes, b, start, length, &to, doubtful.buf);
        Py_END_ALLOW_THREADS;
    }
    while (read--) release_score_column(columns + read);
    PyBuffer_Release(&binner);
    PyBuffer_Release(&cells);
    PyBuffer_Release(&sums);
    PyBuffer_Release(&measures);
    PyBuffer_Release(&doubtful);
    return fit ? PyLong_FromLongLong(found) : NULL;
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
static int64_t count_coded_pieces(const int32_t *codes, Validity v, const Meaning *m, const Place *place, const Tables *t, Unseen *noted) {
    int64_t *tally = calloc((size_t)m->codes + 1, 8), found = -1;
    uint64_t *scaled = malloc(((size_t)m->codes + 1) * 8);
    if (tally && scaled) {
        for (int64_t i = 0; i < m->codes; i++) scaled[i] = (m->places[i] == PLACE_NULL ? NULL_HASH : m->hashes[i]) * place->factor;
        scaled[m->codes] = NULL_HASH * place->factor;
        found = 0;
        for (int64_t i = 0; i < piece_count(t); i++) {
            const int64_t *p = piece(t, i);
            int some = count_coded(codes, v, m, target(t, place, p[2]), p[0], p[1], rows_of(t), scaled, tally, noted + found);
            for (int j = 0; j < some; j++) noted[found++].piece = i;
        }
    }
    free(tally);
    free(scaled);
    return found;
}

PyDoc_STRVAR(count_codes_doc,
             "count_codes(codes, validity, offset, hashes, places, unseen, place, tables) -> [(piece, code, rows), ...]\n\n"
             "Count a column of dictionary codes; returns the unseen codes with the smallest hashes.");

static PyObject *kernel_count_codes(PyObject *self, PyObject *args) {
    (void)self;
    Py_buffer codes, valid, hashes, places, unseen;
    Py_ssize_t offset;
    Place place;
    Tables t;
    PyObject *result = NULL;
    if (!PyArg_ParseTuple(args, "y*z*ny*y*y*" PLACE_FORMAT TABLES_FORMAT, &codes, &valid, &offset, &hashes, &places, &unseen,
                          PLACE_ARGS(place), TABLES_ARGS(t)))
        return NULL;
    Meaning m = {hashes.buf, places.buf, hashes.len / 8, unseen.buf, unseen.len / 4};
    int fit = values_fit(&codes, 4, offset, t.length) && bits_fit(&valid, offset, t.length) && tables_fit(&t) && place_fits(&place, &t);
    for (int64_t i = 0; fit && i < m.codes; i++) fit = places.len / 4 >= m.codes && m.places[i] < place.bins && m.places[i] >= PLACE_WRONG;
    for (int64_t i = 0; fit && i < m.unseens; i++) fit = m.unseen[i] >= 0 && m.unseen[i] < m.codes;
    Unseen *noted = fit ? malloc((size_t)(piece_count(&t) * UNSEEN_KEPT + 1) * sizeof *noted) : NULL;
    if (noted) {
        int64_t found;
        Py_BEGIN_ALLOW_THREADS;
        found = count_coded_pieces((const int32_t *)codes.buf + offset, (Validity){valid.buf, offset}, &m, &place, &t, noted);
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

PyDoc_STRVAR(count_hashes_doc, "count_hashes(hashes, places, place, tables)\n\nCount a column with one bin by its rows' hashes.");

static PyObject *kernel_count_hashes(PyObject *self, PyObject *args) {
    (void)self;
    Py_buffer hashes, places;
    Place place;
    Tables t;
    if (!PyArg_ParseTuple(args, "y*y*" PLACE_FORMAT TABLES_FORMAT, &hashes, &places, PLACE_ARGS(place), TABLES_ARGS(t))) return NULL;
    int fit = tables_fit(&t) && place_fits(&place, &t) && hashes.len >= t.length * 8 && places.len >= t.length;
    if (fit) {
        Py_BEGIN_ALLOW_THREADS;
        for (int64_t i = 0; i < piece_count(&t); i++) {
            const int64_t *p = piece(&t, i);
            count_hashed(hashes.buf, places.buf, target(&t, &place, p[2]), p[0], p[1], rows_of(&t), place.factor);
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
    {"take_numbers", kernel_take_numbers, METH_VARARGS, take_numbers_doc},
    {"count_bins", kernel_count_bins, METH_VARARGS, count_bins_doc},
    {"find_bins", kernel_find_bins, METH_VARARGS, find_bins_doc},
    {"count_codes", kernel_count_codes, METH_VARARGS, count_codes_doc},
    {"count_hashes", kernel_count_hashes, METH_VARARGS, count_hashes_doc},
    {"hash_texts", kernel_hash_texts, METH_VARARGS, hash_texts_doc},
    {"hash_integers", kernel_hash_integers, METH_VARARGS, hash_integers_doc},
    {"score_binner", kernel_score_binner, METH_VARARGS, score_binner_doc},
    {"count_scores", kernel_count_scores, METH_VARARGS, count_scores_doc},
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
