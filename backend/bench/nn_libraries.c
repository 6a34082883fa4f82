/**
 * @file bench/nn_libraries.c  Our products beside OpenBLAS and oneDNN
 *
 *     nn_libraries [--ms MS] [--threads N]
 *
 * The encoder's layers at 288 frames (5 s) and 1500 (30 s), y = x W^T without bias. Ours takes the
 * weights as they lie in a model file and prepares (quantises) the rows of x within the time. The
 * libraries get what suits them best: weights made into f32, or into int8 with one scale an output,
 * laid out once as the library likes it, and for int8 rows of x that are bytes already. So the int8
 * column is kinder to oneDNN than a real layer would be, and a model in that form would be another
 * model. Each figure is the best of runs that take turns for --ms milliseconds, in [1e9
 * operations/s], a multiplication and an addition being two.
 */
#include "nn_random.h"

#include <cblas.h>
#include <omp.h>
#include <oneapi/dnnl/dnnl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    OURS = 4,       /* how many types of weights */
    LIBRARIES = 3,  /* OpenBLAS f32, oneDNN f32, oneDNN int8 */
    TURN_ROUNDS = 3 /* of one contestant before the next */
};

static const enum nn_type our_types[OURS] = {NN_Q4_0, NN_Q8_0, NN_F16, NN_F32};

/* A layer: y[n][out] = x[n][in] W[out][in]^T */
struct shape {
    int n, in, out;
};

/* oneDNN's product, ready to run. */
struct product {
    dnnl_primitive_t primitive;
    dnnl_exec_arg_t args[3];
};

struct contest {
    struct shape s;
    struct nn *nn;
    struct nn_matrix *w[OURS];
    float *x, *y, *floats; /* floats: the weights for OpenBLAS */
    struct product f32, int8;
};

static dnnl_engine_t engine;
static dnnl_stream_t stream;

static double now(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
}

static void must(int status, const char *what)
{
    if (status) {
        fprintf(stderr, "%s failed: %d\n", what, status);
        exit(1);
    }
}

/* ---- oneDNN ------------------------------------------------------------------------------- */

static dnnl_memory_t memory(const dnnl_memory_desc_t *d)
{
    void *handle = random_floats(dnnl_memory_desc_get_size(d) / sizeof(float) + 1);
    dnnl_memory_t m;

    must(dnnl_memory_create(&m, d, engine, handle), "memory");
    return m;
}

static void memory_free(dnnl_memory_t m)
{
    void *handle;

    dnnl_memory_get_data_handle(m, &handle);
    dnnl_memory_destroy(m);
    free(handle);
}

static dnnl_memory_desc_t described(int rows, int cols, dnnl_data_type_t type,
                                    dnnl_format_tag_t tag)
{
    dnnl_memory_desc_t d;
    dnnl_dims_t dims = {rows, cols};

    must(dnnl_memory_desc_init_by_tag(&d, 2, dims, type, tag), "memory description");
    return d;
}

/* int8: one scale an output, as a quantised model would have. */
static dnnl_primitive_attr_t scales(int out)
{
    float *scale = random_floats((size_t)out);
    dnnl_primitive_attr_t attr;

    must(dnnl_primitive_attr_create(&attr), "attributes");
    must(dnnl_primitive_attr_set_output_scales(attr, out, 1 << 1, scale), "scales");
    free(scale);
    return attr;
}

/* The weights stay in the layout that the library asks for: they would be laid out once. */
static void product_make(struct product *p, struct shape s, dnnl_data_type_t x, dnnl_data_type_t w)
{
    dnnl_memory_desc_t from = described(s.n, s.in, x, dnnl_ab);
    dnnl_memory_desc_t weights = described(s.in, s.out, w, dnnl_format_tag_any);
    dnnl_memory_desc_t to = described(s.n, s.out, dnnl_f32, dnnl_ab);
    dnnl_primitive_attr_t attr = w == dnnl_s8 ? scales(s.out) : NULL;
    dnnl_primitive_desc_t pd;
    dnnl_matmul_desc_t desc;

    must(dnnl_matmul_desc_init(&desc, &from, &weights, NULL, &to), "matmul");
    must(dnnl_primitive_desc_create(&pd, &desc, attr, engine, NULL), "matmul");
    must(dnnl_primitive_create(&p->primitive, pd), "matmul");
    p->args[0] = (dnnl_exec_arg_t){DNNL_ARG_SRC, memory(&from)};
    p->args[1] = (dnnl_exec_arg_t){
        DNNL_ARG_WEIGHTS, memory(dnnl_primitive_desc_query_md(pd, dnnl_query_weights_md, 0))};
    p->args[2] = (dnnl_exec_arg_t){DNNL_ARG_DST, memory(&to)};
    dnnl_primitive_desc_destroy(pd);
    dnnl_primitive_attr_destroy(attr);
}

static void product_free(struct product *p)
{
    for (int i = 0; i < 3; i++)
        memory_free(p->args[i].memory);
    dnnl_primitive_destroy(p->primitive);
}

static void product_run(const struct product *p)
{
    must(dnnl_primitive_execute(p->primitive, stream, 3, p->args), "execution");
    dnnl_stream_wait(stream);
}

/* ---- the contest -------------------------------------------------------------------------- */

static void run(struct contest *c, int who)
{
    const struct shape *s = &c->s;

    if (who < OURS)
        nn_linear(c->nn, &(struct nn_linear){.w = c->w[who], .x = c->x, .n = s->n, .y = c->y});
    else if (who == OURS)
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, s->n, s->out, s->in, 1.0f, c->x, s->in,
                    c->floats, s->in, 0.0f, c->y, s->out);
    else
        product_run(who == OURS + 1 ? &c->f32 : &c->int8);
}

static void contest_init(struct contest *c, struct nn *nn, struct shape s)
{
    *c = (struct contest){.s = s, .nn = nn};
    for (int i = 0; i < OURS; i++)
        c->w[i] = random_matrix(nn, our_types[i], s.out, s.in);
    c->x = random_floats((size_t)s.n * (size_t)s.in);
    c->y = random_floats((size_t)s.n * (size_t)s.out);
    c->floats = random_floats((size_t)s.out * (size_t)s.in);
    product_make(&c->f32, s, dnnl_f32, dnnl_f32);
    product_make(&c->int8, s, dnnl_u8, dnnl_s8);
}

static void contest_release(struct contest *c)
{
    for (int i = 0; i < OURS; i++)
        nn_matrix_free(c->w[i]);
    free(c->x), free(c->y), free(c->floats);
    product_free(&c->f32);
    product_free(&c->int8);
}

static void contest(struct nn *nn, struct shape s, double seconds)
{
    double best[OURS + LIBRARIES], ops = 2.0 * s.n * s.in * s.out;
    struct contest c;
    double end;

    contest_init(&c, nn, s);
    for (int i = 0; i < OURS + LIBRARIES; i++) {
        best[i] = 1e9;
        run(&c, i); /* first touch, not counted */
    }
    for (end = now() + seconds; now() < end;) {
        for (int i = 0; i < (OURS + LIBRARIES) * TURN_ROUNDS; i++) {
            double t = now();

            run(&c, i / TURN_ROUNDS);
            t = now() - t;
            best[i / TURN_ROUNDS] = t < best[i / TURN_ROUNDS] ? t : best[i / TURN_ROUNDS];
        }
    }
    contest_release(&c);
    printf("%4d x %4d -> %4d", s.n, s.in, s.out);
    for (int i = 0; i < OURS + LIBRARIES; i++)
        printf(" %9.0f", ops / best[i] * 1e-9);
    printf("   %5.2f %5.2f\n", best[OURS + 2] / best[0], best[OURS + 2] / best[1]);
    fflush(stdout);
}

static void table(int threads, double seconds)
{
    static const int widths[] = {384, 512, 768, 1280};
    struct errbuf err;
    struct nn *nn;

    if (nn_open(&nn, threads, NULL, &err)) {
        fprintf(stderr, "%s\n", err.text);
        exit(1);
    }
    openblas_set_num_threads(threads);
    omp_set_num_threads(threads);
    printf("\n%d thread(s), kernels %s, GOP/s; the ratios are our q4_0 and q8_0 to oneDNN's int8\n",
           threads, nn_isa(nn));
    printf("%-18s %9s %9s %9s %9s %9s %9s %9s\n", "rows x in -> out", "q4_0", "q8_0", "f16", "f32",
           "blas f32", "dnnl f32", "dnnl int8");
    for (int i = 0; i < 8; i++) {
        int n = i < 4 ? 288 : 1500, d = widths[i % 4];

        contest(nn, (struct shape){n, d, 3 * d}, seconds);
        contest(nn, (struct shape){n, d, d}, seconds);
        contest(nn, (struct shape){n, d, 4 * d}, seconds);
        contest(nn, (struct shape){n, 4 * d, d}, seconds);
    }
    nn_close(nn);
}

int main(int argc, char **argv)
{
    int threads = 0;
    int ms = 150;

    for (int i = 1; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--threads") == 0)
            threads = atoi(argv[i + 1]);
        else if (strcmp(argv[i], "--ms") == 0)
            ms = atoi(argv[i + 1]);
    }
    must(dnnl_engine_create(&engine, dnnl_cpu, 0), "oneDNN");
    must(dnnl_stream_create(&stream, engine, dnnl_stream_default_flags), "oneDNN");
    printf("OpenBLAS: %s; oneDNN %d.%d.%d\n", openblas_get_config(), dnnl_version()->major,
           dnnl_version()->minor, dnnl_version()->patch);
    for (int t = threads ? threads : 1; t <= (threads ? threads : 2); t++)
        table(t, ms * 1e-3);
    dnnl_stream_destroy(stream);
    dnnl_engine_destroy(engine);
    return 0;
}
