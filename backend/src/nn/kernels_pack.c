/**
 * @file nn/kernels_pack.c  Packing weights for the kernels: panels of 16 rows
 *
 * Reads the tensor types of ggml model files and writes the layout described in kernels_isa.h.
 * Packing is a pure rearrangement: no weight changes its value, except when 12 bits are asked for.
 */
#include "nn/kernels_isa.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
    HUGE_PAGE = 2 << 20,
    CONV_TAPS = 3,
    SLICE_BYTES = 512 << 10, /* packed from a mapped file before the pages are given back */
};

struct type_info {
    const char *name;
    int bytes;     /* in a file: bytes of a block, or of one value for f16 and f32 */
    int m, qh, qs; /* offsets in a block, -1: absent; d is at 0 */
    int quants;    /* packed bytes of the integers of one row's block */
};

static const struct type_info types[] = {
    [NN_F32] = {"f32", 4, -1, -1, 0, 0},     [NN_F16] = {"f16", 2, -1, -1, 0, 0},
    [NN_Q4_0] = {"q4_0", 18, -1, -1, 2, 16}, [NN_Q4_1] = {"q4_1", 20, 2, -1, 4, 16},
    [NN_Q5_0] = {"q5_0", 22, -1, 2, 6, 16},  [NN_Q5_1] = {"q5_1", 24, 2, 4, 8, 16},
    [NN_Q8_0] = {"q8_0", 34, -1, -1, 2, 32}, [NN_Q12] = {"s12", 2, -1, -1, -1, 48},
};

bool nn_type_known(int type)
{
    return type >= 0 && type < (int)(sizeof(types) / sizeof(types[0])) && types[type].name;
}

const char *nn_type_name(enum nn_type type)
{
    return nn_type_known((int)type) ? types[type].name : "unknown";
}

/* Whether the type is quantised in the file. */
static bool quantised(enum nn_type type)
{
    return type != NN_F32 && type != NN_F16 && type != NN_Q12;
}

size_t nn_type_bytes(enum nn_type type, size_t count)
{
    size_t unit = (size_t)types[type].bytes;

    return quantised(type) ? count / NN_BLOCK * unit : count * unit;
}

/* ---- f16 ---------------------------------------------------------------------------------- */

float nn_half_to_float(uint16_t h)
{
    uint32_t sign = (uint32_t)(h & 0x8000u) << 16;
    uint32_t rest = h & 0x7fffu;
    union {
        uint32_t u;
        float f;
    } v;

    if (rest >= 0x7c00u) {
        v.u = sign | 0x7f800000u | (rest & 0x3ffu) << 13;
    } else if (rest >= 0x400u) {
        v.u = sign | ((rest << 13) + (112u << 23));
    } else {
        v.f = (float)rest * 0x1p-24f;
        v.u |= sign;
    }
    return v.f;
}

uint16_t nn_float_to_half(float f)
{
    union {
        float f;
        uint32_t u;
    } v = {.f = f};
    uint32_t sign = v.u >> 16 & 0x8000u;
    uint32_t rest = v.u & 0x7fffffffu;

    if (rest > 0x7f800000u)
        return (uint16_t)(sign | 0x7e00u);
    if (rest >= 0x477ff000u) /* rounds to 65536 or more */
        return (uint16_t)(sign | 0x7c00u);
    if (rest < 0x38800000u) { /* below the smallest normal half: the addition rounds */
        v.u = rest;
        v.f += 0.5f;
        return (uint16_t)(sign | (v.u - 0x3f000000u));
    }
    rest += 0xfffu + (rest >> 13 & 1u);
    return (uint16_t)(sign | (rest - (112u << 23)) >> 13);
}

void nn_f16_to_f32(const uint16_t *x, float *y, size_t count)
{
    for (size_t i = 0; i < count; i++)
        y[i] = nn_half_to_float(x[i]);
}

void nn_f32_to_f16(const float *x, uint16_t *y, size_t count)
{
    for (size_t i = 0; i < count; i++)
        y[i] = nn_float_to_half(x[i]);
}

/* ---- packing ------------------------------------------------------------------------------ */

static void *map_bytes(size_t bytes)
{
    void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (p == MAP_FAILED)
        return NULL;
    if (bytes >= 4 * HUGE_PAGE)
        madvise(p, bytes, MADV_HUGEPAGE); /* fewer TLB misses while streaming weights */
    return p;
}

static int matrix_new(struct nn_matrix **mp, enum nn_type type, int rows, int cols,
                      struct errbuf *why)
{
    const struct type_info *t = &types[type];
    struct nn_matrix *m = calloc(1, sizeof(*m));
    size_t at;

    if (!m)
        return err_set(why, UV_ENOMEM, "out of memory for a matrix");
    m->type = type;
    m->rows = rows;
    m->cols = cols;
    m->panels = (rows + NN_PANEL - 1) / NN_PANEL;
    m->blocks = (cols + NN_BLOCK - 1) / NN_BLOCK;
    if (t->quants) {
        at = (size_t)m->blocks * NN_PANEL * (size_t)t->quants;
        m->qh = at;
        at += t->qh < 0 ? 0 : (size_t)m->blocks * 64;
        m->d = at;
        at += (size_t)m->blocks * 32;
        m->m = at;
        at += t->m < 0 ? 0 : (size_t)m->blocks * 32;
    } else {
        at = (size_t)m->blocks * NN_BLOCK * NN_PANEL * (size_t)t->bytes;
    }
    m->panel_bytes = (at + 63) / 64 * 64;
    m->data_bytes = m->panel_bytes * (size_t)m->panels;
    m->data = map_bytes(m->data_bytes);
    if (!m->data) {
        free(m);
        return err_set(why, UV_ENOMEM, "out of memory for a matrix of %d x %d", rows, cols);
    }
    *mp = m;
    return 0;
}

void nn_matrix_free(struct nn_matrix *m)
{
    if (!m)
        return;
    munmap(m->data, m->data_bytes);
    free(m);
}

/* Packs the fifth bits of one row, quad by quad, into the byte masks of the panel. */
static void pack_high_bits(uint8_t *masks, const uint8_t *qh, int r)
{
    for (int q = 0; q < 8; q++) {
        unsigned bits = (unsigned)qh[q / 2] >> (q % 2 * 4) & 15u;

        masks[8 * q + r / 2] |= (uint8_t)(bits << (r % 2 * 4));
    }
}

static void pack_row_quants(const struct nn_matrix *m, uint8_t *panel, int r, const uint8_t *row)
{
    const struct type_info *t = &types[m->type];

    for (int b = 0; b < m->blocks; b++, row += t->bytes) {
        uint8_t *qs = panel + (size_t)(b * NN_PANEL * t->quants);

        for (int q = 0; q < t->quants / 4; q++)
            memcpy(qs + 64 * q + 4 * r, row + t->qs + 4 * q, 4);
        memcpy(panel + m->d + 32 * b + 2 * r, row, 2);
        if (t->m >= 0)
            memcpy(panel + m->m + 32 * b + 2 * r, row + t->m, 2);
        if (t->qh >= 0)
            pack_high_bits(panel + m->qh + 64 * b, row + t->qh, r);
    }
}

static void pack_row_12(const struct nn_matrix *m, uint8_t *panel, int r, const uint8_t *row)
{
    for (int b = 0; b < m->blocks; b++) {
        int left = m->cols - b * NN_BLOCK;
        uint16_t w[NN_BLOCK] = {0}, d;

        memcpy(w, row + 2 * b * NN_BLOCK, 2 * (size_t)(left < NN_BLOCK ? left : NN_BLOCK));
        nn_q12_put(w, r, panel + (size_t)b * (size_t)nn_block_bytes(NN_Q12), &d);
        memcpy(panel + m->d + 32 * (size_t)b + 2 * (size_t)r, &d, sizeof(d));
    }
}

static void pack_row_floats(const struct nn_matrix *m, uint8_t *panel, int r, const uint8_t *row)
{
    if (m->type == NN_F16) {
        for (int c = 0; c < m->cols; c++)
            memcpy(panel + 2 * (c * NN_PANEL + r), row + 2 * c, 2);
    } else {
        for (int c = 0; c < m->cols; c++)
            memcpy(panel + 4 * (c * NN_PANEL + r), row + 4 * c, 4);
    }
}

struct pack_job {
    struct nn_matrix *m;
    const struct nn_part *parts;
    int n_parts;
    size_t row_bytes;
    int first; /* panel that chunk 0 begins with */
};

static const uint8_t *source_row(const struct pack_job *j, int row)
{
    int i = 0;

    while (row >= j->parts[i].rows)
        row -= j->parts[i++].rows;
    return (const uint8_t *)j->parts[i].data + (size_t)row * j->row_bytes;
}

static void pack_panel(void *arg, int chunk, int worker)
{
    const struct pack_job *j = arg;
    int at = j->first + chunk;
    uint8_t *panel = j->m->data + (size_t)at * j->m->panel_bytes;

    (void)worker;
    for (int r = 0; r < NN_PANEL && at * NN_PANEL + r < j->m->rows; r++) {
        const uint8_t *row = source_row(j, at * NN_PANEL + r);

        if (j->m->type == NN_Q12)
            pack_row_12(j->m, panel, r, row);
        else if (quantised(j->m->type))
            pack_row_quants(j->m, panel, r, row);
        else
            pack_row_floats(j->m, panel, r, row);
    }
}

/* Gives back the pages of source rows from .. to - 1. A page shared with the following rows is
 * kept; one shared with earlier rows would only have to be read again. */
static void drop_rows(const struct pack_job *j, int from, int to)
{
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);

    for (int i = 0; i < j->n_parts; i++) {
        int rows = j->parts[i].rows;
        int begin = from > 0 ? from : 0;
        int end = to < rows ? to : rows;
        uintptr_t data = (uintptr_t)j->parts[i].data;
        uintptr_t a = (data + (size_t)begin * j->row_bytes) / page * page;
        uintptr_t b = begin < end ? (data + (size_t)end * j->row_bytes) / page * page : 0;

        if (b > a)
            madvise((void *)a, b - a, MADV_DONTNEED);
        from -= rows;
        to -= rows;
    }
}

static void pack_slices(struct pack_job *j, struct nn *nn)
{
    size_t slice = SLICE_BYTES / (j->row_bytes * NN_PANEL) + 1;

    for (; j->first < j->m->panels; j->first += (int)slice) {
        int n = j->m->panels - j->first < (int)slice ? j->m->panels - j->first : (int)slice;

        nn_pool_run(nn->pool, n, pack_panel, j);
        drop_rows(j, j->first * NN_PANEL, (j->first + n) * NN_PANEL);
    }
}

static int check_parts(const struct nn_part *parts, int n_parts, int cols, int *rows,
                       struct errbuf *why)
{
    *rows = 0;
    if (n_parts < 1 || !nn_type_known((int)parts[0].type))
        return err_set(why, UV_EINVAL, "a matrix needs a tensor of a known type");
    if (cols < 1 || cols > NN_DIM_MAX || (quantised(parts[0].type) && cols % NN_BLOCK != 0))
        return err_set(why, UV_EINVAL, "a %s matrix cannot have %d columns",
                       nn_type_name(parts[0].type), cols);
    for (int i = 0; i < n_parts; i++) {
        if (parts[i].type != parts[0].type)
            return err_set(why, UV_EINVAL, "tensors of different types cannot be stacked");
        if (parts[i].rows < 1 || parts[i].rows > NN_DIM_MAX - *rows)
            return err_set(why, UV_EINVAL, "a matrix cannot have %d rows", parts[i].rows);
        *rows += parts[i].rows;
    }
    return 0;
}

static int pack(struct nn_matrix **mp, struct nn *nn, const struct nn_part *parts, int n_parts,
                int cols, bool mapped, struct errbuf *why)
{
    struct pack_job j = {.parts = parts, .n_parts = n_parts};
    int rows;
    int err = check_parts(parts, n_parts, cols, &rows, why);

    if (err != 0)
        return err;
    err = matrix_new(&j.m, parts[0].type, rows, cols, why);
    if (err != 0)
        return err;
    j.row_bytes = nn_type_bytes(j.m->type, (size_t)cols);
    if (mapped)
        pack_slices(&j, nn);
    else
        nn_pool_run(nn->pool, j.m->panels, pack_panel, &j);
    *mp = j.m;
    return 0;
}

int nn_matrix_pack(struct nn_matrix **mp, struct nn *nn, const struct nn_part *parts, int n_parts,
                   int cols, struct errbuf *why)
{
    return pack(mp, nn, parts, n_parts, cols, false, why);
}

int nn_matrix_pack_mapped(struct nn_matrix **mp, struct nn *nn, const struct nn_part *parts,
                          int n_parts, int cols, struct errbuf *why)
{
    return pack(mp, nn, parts, n_parts, cols, true, why);
}

/* [out][in][3] -> [out][3][in], values of `size` bytes. */
static void swap_taps(uint8_t *to, const uint8_t *from, int out, int in, size_t size)
{
    for (int o = 0; o < out; o++, from += CONV_TAPS * (size_t)in * size) {
        for (int tap = 0; tap < CONV_TAPS; tap++) {
            for (int i = 0; i < in; i++, to += size)
                memcpy(to, from + ((size_t)i * CONV_TAPS + (size_t)tap) * size, size);
        }
    }
}

int nn_conv_pack(struct nn_matrix **mp, struct nn *nn, enum nn_type type, const void *data, int out,
                 int in, struct errbuf *why)
{
    struct nn_part part = {.type = type, .rows = out};
    uint8_t *swapped;
    int err;

    if ((type != NN_F32 && type != NN_F16) || out < 1 || in < 1 || out > NN_DIM_MAX ||
        in > NN_DIM_MAX / CONV_TAPS)
        return err_set(why, UV_EINVAL, "a convolution must be f32 or f16 and of sensible size");
    swapped = malloc(CONV_TAPS * (size_t)in * (size_t)out * (size_t)types[type].bytes);
    if (!swapped)
        return err_set(why, UV_ENOMEM, "out of memory for a convolution");
    swap_taps(swapped, data, out, in, (size_t)types[type].bytes);
    part.data = swapped;
    err = nn_matrix_pack(mp, nn, &part, 1, CONV_TAPS * in, why);
    free(swapped);
    return err;
}

int nn_matrix_rows(const struct nn_matrix *m)
{
    return m->rows;
}

size_t nn_matrix_bytes(const struct nn_matrix *m)
{
    return m->data_bytes;
}

/* ---- back to floats ----------------------------------------------------------------------- */

static float half_at(const uint8_t *p)
{
    uint16_t h;

    memcpy(&h, p, sizeof(h));
    return nn_half_to_float(h);
}

/* Column c (0..31) of row r of block b, without scale. */
static int quant_at(const struct nn_matrix *m, const uint8_t *panel, int b, int r, int c)
{
    const struct type_info *t = &types[m->type];
    const uint8_t *qs = panel + (size_t)(b * NN_PANEL * t->quants);
    int high = 0;
    uint8_t byte;

    if (m->type == NN_Q12)
        return nn_q12_at(qs, r, c);
    if (m->type == NN_Q8_0)
        return (int8_t)qs[64 * (c / 4) + 4 * r + c % 4];
    if (t->qh >= 0)
        high = panel[m->qh + (size_t)(64 * b + 8 * (c / 4) + r / 2)] >> (r % 2 * 4 + c % 4) & 1;
    byte = qs[64 * (c % 16 / 4) + 4 * r + c % 4];
    return (c < 16 ? byte & 15 : byte >> 4) + 16 * high -
           (m->type == NN_Q4_0   ? 8
            : m->type == NN_Q5_0 ? 16
                                 : 0);
}

static float value_at(const struct nn_matrix *m, const uint8_t *panel, int r, int c)
{
    int b = c / NN_BLOCK;
    size_t at = (size_t)c * NN_PANEL + (size_t)r;
    float f;

    if (m->type == NN_F16)
        return half_at(panel + 2 * at);
    if (m->type == NN_F32) {
        memcpy(&f, panel + 4 * at, sizeof(f));
        return f;
    }
    f = half_at(panel + m->d + (size_t)(32 * b + 2 * r)) *
        (float)quant_at(m, panel, b, r, c % NN_BLOCK);
    return types[m->type].m < 0 ? f : f + half_at(panel + m->m + (size_t)(32 * b + 2 * r));
}

static void block_of_quants(const struct nn_matrix *m, const uint8_t *panel, int b, float *out)
{
    float d[NN_PANEL], min[NN_PANEL] = {0};

    for (int r = 0; r < NN_PANEL; r++) {
        d[r] = half_at(panel + m->d + (size_t)(32 * b + 2 * r));
        if (types[m->type].m >= 0)
            min[r] = half_at(panel + m->m + (size_t)(32 * b + 2 * r));
    }
    for (int c = 0; c < NN_BLOCK; c++, out += NN_PANEL) {
        for (int r = 0; r < NN_PANEL; r++)
            out[r] = d[r] * (float)quant_at(m, panel, b, r, c) + min[r];
    }
}

void nn_block_floats(const struct nn_matrix *m, const uint8_t *panel, int b, float *out)
{
    const size_t count = NN_BLOCK * NN_PANEL;

    if (types[m->type].quants)
        block_of_quants(m, panel, b, out);
    else if (m->type == NN_F16)
        nn_f16_to_f32((const uint16_t *)(const void *)panel + (size_t)b * count, out, count);
    else
        memcpy(out, panel + (size_t)b * count * sizeof(float), count * sizeof(float));
}

void nn_matrix_row(const struct nn_matrix *m, int row, float *out)
{
    const uint8_t *panel = nn_panel(m, row / NN_PANEL);

    for (int c = 0; c < m->cols; c++)
        out[c] = value_at(m, panel, row % NN_PANEL, c);
}
