/**
 * @file nn/weights_torch.c  Reading the file that torch.save() wrote before version 1.6
 *
 * Five pickles (a magic number, the protocol's version, facts of the machine, the object, the keys
 * of its storages), then for each key, in that order, its length as i64 and its numbers.
 *
 * A pickle is a program for a stack machine that may call anything. Nothing is called here. This
 * machine knows only the instructions that such a file consists of
 * (docs.python.org/3/library/pickletools). Its values are numbers, strings, lists and, where the
 * program would have called torch._utils._rebuild_tensor_v2, the description of a tensor; any other
 * call yields a meaningless value. The table is the object's "model_state" or, without one, the
 * object itself.
 */
#include "nn/weights_internal.h"

#include <stdlib.h>
#include <string.h>

enum {
    VALUES_MAX = 1 << 16,
    STACK_MAX = 1 << 12,
    MEMO_MAX = 1 << 14,
    TENSOR_ARGS = 4,  /* storage, offset, shape, stride; what follows is not needed */
    STORAGE_ARGS = 3, /* "storage", type, key; likewise */
};

/* Instructions, by pickletools' names. */
enum {
    OP_MARK = '(',
    OP_STOP = '.',
    OP_BINFLOAT = 'G',
    OP_BININT = 'J',
    OP_BININT1 = 'K',
    OP_BININT2 = 'M',
    OP_NONE = 'N',
    OP_BINPERSID = 'Q',
    OP_REDUCE = 'R',
    OP_BINUNICODE = 'X',
    OP_APPEND = 'a',
    OP_BUILD = 'b',
    OP_GLOBAL = 'c',
    OP_APPENDS = 'e',
    OP_BINGET = 'h',
    OP_LONG_BINGET = 'j',
    OP_BINPUT = 'q',
    OP_LONG_BINPUT = 'r',
    OP_SETITEM = 's',
    OP_TUPLE = 't',
    OP_SETITEMS = 'u',
    OP_EMPTY_LIST = ']',
    OP_EMPTY_TUPLE = ')',
    OP_EMPTY_DICT = '}',
    OP_PROTO = 0x80,
    OP_TUPLE1 = 0x85,
    OP_TUPLE2 = 0x86,
    OP_TUPLE3 = 0x87,
    OP_NEWTRUE = 0x88,
    OP_NEWFALSE = 0x89,
    OP_LONG1 = 0x8a,
};

static const uint8_t magic[] = {0x80, 2,    OP_LONG1, 10,   0x6c, 0xfc, 0x9c,   0x46,
                                0xf9, 0x20, 0x6a,     0xa8, 0x50, 0x19, OP_STOP};

enum kind { OTHER, MARK, NUMBER, TEXT, NAME, LIST, STORAGE, TENSOR };

/* A value on the stack. Lists, tuples and dictionaries are chains of values; a dictionary's keys
 * and values alternate. */
struct value {
    enum kind kind;
    int64_t number;
    struct weights_bytes text;   /* TEXT; NAME: that of a function; STORAGE, TENSOR: the storage's
                                    key */
    struct link *first, *last;   /* LIST; TENSOR: its shape */
    struct value *shape, *steps; /* TENSOR */
};

struct link {
    struct link *next;
    struct value *value;
};

struct machine {
    struct nn_weights *w; /* its memory holds the values */
    struct weights_bytes code;
    struct value *stack[STACK_MAX];
    struct value *memo[MEMO_MAX];
    size_t depth, values;
    bool failed;
};

/* ---- values ------------------------------------------------------------------------------- */

static struct value nothing; /* stands for a value after a failure; never written */

static struct value *make(struct machine *m, enum kind kind)
{
    struct value *v = NULL;

    if (!m->failed && m->values++ < VALUES_MAX)
        v = weights_alloc(m->w, sizeof(*v));
    if (!v) {
        m->failed = true;
        return &nothing;
    }
    v->kind = kind;
    return v;
}

static void push(struct machine *m, struct value *v)
{
    if (m->depth == STACK_MAX)
        m->failed = true;
    else
        m->stack[m->depth++] = v;
}

static struct value *pop(struct machine *m)
{
    if (!m->depth) {
        m->failed = true;
        return &nothing;
    }
    return m->stack[--m->depth];
}

static void append(struct machine *m, struct value *list, struct value *v)
{
    struct link *link =
        m->failed || m->values++ >= VALUES_MAX ? NULL : weights_alloc(m->w, sizeof(*link));

    if (!link) {
        m->failed = true;
        return;
    }
    link->value = v;
    if (list->last)
        list->last->next = link;
    else
        list->first = link;
    list->last = link;
}

/** Appends what was pushed since the mark, in order, to `list`. */
static void gather(struct machine *m, struct value *list)
{
    size_t mark = m->depth;

    while (mark > 0 && m->stack[mark - 1]->kind != MARK)
        mark--;
    if (!mark) {
        m->failed = true;
        return;
    }
    for (size_t i = mark; i < m->depth; i++)
        append(m, list, m->stack[i]);
    m->depth = mark - 1;
}

static struct value *nth(const struct value *list, int n)
{
    const struct link *link = list->kind == LIST ? list->first : NULL;

    for (; link && n > 0; n--)
        link = link->next;
    return link ? link->value : NULL;
}

static bool reads(const struct value *v, const char *text)
{
    return (v->kind == TEXT || v->kind == NAME) && v->text.len == strlen(text) &&
           !memcmp(v->text.data, text, v->text.len);
}

/* ---- instructions ------------------------------------------------------------------------- */

static uint64_t take_number(struct machine *m, size_t bytes)
{
    const uint8_t *p = weights_take(&m->code, bytes);
    uint64_t v = 0;

    if (p && bytes <= 8)
        memcpy(&v, p, bytes);
    if (!p)
        m->failed = true;
    return v;
}

static void push_number(struct machine *m, int64_t number)
{
    struct value *v = make(m, NUMBER);

    if (!m->failed)
        v->number = number;
    push(m, v);
}

static void push_text(struct machine *m, enum kind kind, const uint8_t *text, size_t len)
{
    struct value *v = make(m, kind);

    if (!text)
        m->failed = true;
    if (!m->failed)
        v->text = (struct weights_bytes){text, len};
    push(m, v);
}

/** Takes the text up to the end of the line, and the newline too. */
static void take_line(struct machine *m, struct weights_bytes *line)
{
    const uint8_t *end = m->code.len ? memchr(m->code.data, '\n', m->code.len) : NULL;

    *line = (struct weights_bytes){m->code.data, end ? (size_t)(end - m->code.data) : 0};
    if (!end || !weights_take(&m->code, line->len + 1))
        m->failed = true;
}

static void tuple(struct machine *m, int n)
{
    struct value *list = make(m, LIST), *items[3];

    for (int i = n; i > 0; i--)
        items[i - 1] = pop(m);
    for (int i = 0; i < n && !m->failed; i++)
        append(m, list, items[i]);
    push(m, list);
}

/** A storage: ("storage", type, key, location, number of elements, None). */
static void storage(struct machine *m)
{
    struct value *about = pop(m), *v = make(m, OTHER);
    const struct value *type = nth(about, 1), *key = nth(about, STORAGE_ARGS - 1);

    if (!m->failed && type && key && key->kind == TEXT && reads(type, "FloatStorage")) {
        v->kind = STORAGE;
        v->text = key->text;
    }
    push(m, v);
}

/** A call: _rebuild_tensor_v2(storage, offset, shape, stride, ...) gives the tensor, OrderedDict()
 *  an empty list. */
static void reduce(struct machine *m)
{
    struct value *args = pop(m), *function = pop(m), *v = make(m, OTHER);
    const struct value *from = nth(args, 0), *offset = nth(args, 1);
    struct value *shape = nth(args, 2), *steps = nth(args, TENSOR_ARGS - 1);

    if (!m->failed && reads(function, "OrderedDict"))
        v->kind = LIST;
    if (!m->failed && reads(function, "_rebuild_tensor_v2") && from && from->kind == STORAGE &&
        offset && offset->kind == NUMBER && shape && steps) {
        v->kind = TENSOR;
        v->text = from->text;
        v->number = offset->number;
        v->shape = shape;
        v->steps = steps;
    }
    push(m, v);
}

static void add_items(struct machine *m, bool marked, int n)
{
    struct value *more = make(m, LIST), *to;

    if (marked) {
        gather(m, more);
    } else {
        struct value *items[2];

        for (int i = n; i > 0; i--)
            items[i - 1] = pop(m);
        for (int i = 0; i < n; i++)
            append(m, more, items[i]);
    }
    to = pop(m);
    for (const struct link *l = more->first; l && !m->failed && to->kind == LIST; l = l->next)
        append(m, to, l->value);
    push(m, to);
}

static void put(struct machine *m, uint64_t at)
{
    if (at >= MEMO_MAX || !m->depth)
        m->failed = true;
    else
        m->memo[at] = m->stack[m->depth - 1];
}

static void get(struct machine *m, uint64_t at)
{
    if (at >= MEMO_MAX || !m->memo[at])
        m->failed = true;
    else
        push(m, m->memo[at]);
}

static void global(struct machine *m)
{
    struct weights_bytes module, name;

    take_line(m, &module);
    take_line(m, &name);
    push_text(m, NAME, name.data, name.len);
}

static void step(struct machine *m, uint8_t op)
{
    struct value *list;
    size_t n;

    switch (op) {
    case OP_PROTO:
        take_number(m, 1);
        break;
    case OP_MARK:
        push(m, make(m, MARK));
        break;
    case OP_NONE:
    case OP_NEWTRUE:
    case OP_NEWFALSE:
        push(m, make(m, OTHER));
        break;
    case OP_BINFLOAT:
        take_number(m, 8);
        push(m, make(m, OTHER));
        break;
    case OP_LONG1:
        take_number(m, take_number(m, 1));
        push(m, make(m, OTHER));
        break;
    case OP_BININT:
        push_number(m, (int32_t)take_number(m, 4));
        break;
    case OP_BININT1:
        push_number(m, (int64_t)take_number(m, 1));
        break;
    case OP_BININT2:
        push_number(m, (int64_t)take_number(m, 2));
        break;
    case OP_BINUNICODE:
        n = take_number(m, 4);
        push_text(m, TEXT, weights_take(&m->code, n), n);
        break;
    case OP_GLOBAL:
        global(m);
        break;
    case OP_EMPTY_LIST:
    case OP_EMPTY_TUPLE:
    case OP_EMPTY_DICT:
        push(m, make(m, LIST));
        break;
    case OP_TUPLE:
        list = make(m, LIST);
        gather(m, list);
        push(m, list);
        break;
    case OP_TUPLE1:
    case OP_TUPLE2:
    case OP_TUPLE3:
        tuple(m, op - OP_TUPLE1 + 1);
        break;
    case OP_APPEND:
    case OP_SETITEM:
        add_items(m, false, op == OP_APPEND ? 1 : 2);
        break;
    case OP_APPENDS:
    case OP_SETITEMS:
        add_items(m, true, 0);
        break;
    case OP_BUILD: /* attributes of an object: ignored */
        pop(m);
        break;
    case OP_BINPUT:
        put(m, take_number(m, 1));
        break;
    case OP_LONG_BINPUT:
        put(m, take_number(m, 4));
        break;
    case OP_BINGET:
        get(m, take_number(m, 1));
        break;
    case OP_LONG_BINGET:
        get(m, take_number(m, 4));
        break;
    case OP_BINPERSID:
        storage(m);
        break;
    case OP_REDUCE:
        reduce(m);
        break;
    default:
        m->failed = true;
    }
}

/** Runs the pickle at the front of the code; returns what it leaves on the stack, NULL: damaged. */
static struct value *run(struct machine *m)
{
    m->depth = 0;
    memset(m->memo, 0, sizeof(m->memo));
    while (!m->failed) {
        uint8_t op = (uint8_t)take_number(m, 1);

        if (op == OP_STOP && !m->failed) {
            struct value *v = pop(m);

            return m->failed ? NULL : v;
        }
        step(m, op);
    }
    return NULL;
}

/* ---- tensors ------------------------------------------------------------------------------ */

struct place {
    struct weights_bytes key;
    const uint8_t *data;
    size_t count;
};

/** Are its elements contiguous, row after row? */
static bool lies_in_rows(const struct weights_found *f, const struct value *steps)
{
    int64_t step = 1;

    for (int i = f->n_dims - 1; i >= 0; i--) {
        const struct value *s = nth(steps, i);

        if (!s || s->kind != NUMBER || (f->ne[i] > 1 && s->number != step))
            return false;
        if (f->ne[i] > 0 && step > INT64_MAX / f->ne[i])
            return false;
        step *= f->ne[i];
    }
    return true;
}

static int add_tensor(struct nn_weights *w, const struct value *name, const struct value *v,
                      const struct place *places, size_t n_places, struct errbuf *why)
{
    struct weights_found f = {.name = name->text.data, .name_len = name->text.len};
    const struct place *p = NULL;
    uint64_t count = 1;

    for (size_t i = 0; i < n_places && !p; i++) {
        if (places[i].key.len == v->text.len &&
            !memcmp(places[i].key.data, v->text.data, v->text.len))
            p = &places[i];
    }
    for (const struct value *ne; (ne = nth(v->shape, f.n_dims)) != NULL; f.n_dims++) {
        if (f.n_dims == NN_RANK_MAX || ne->kind != NUMBER || ne->number < 0)
            return err_set(why, UV_EINVAL, "a tensor has an impossible shape");
        f.ne[f.n_dims] = ne->number;
        if (ne->number && count > INT32_MAX / (uint64_t)ne->number)
            return err_set(why, UV_EINVAL, "a tensor has an impossible shape");
        count *= (uint64_t)ne->number;
    }
    if (!p || v->number < 0 || (uint64_t)v->number > p->count ||
        count > p->count - (uint64_t)v->number)
        return err_set(why, UV_EINVAL, "a tensor lies outside of the file");
    if (!lies_in_rows(&f, v->steps))
        return err_set(why, UV_ENOTSUP, "a tensor does not lie row after row");
    f.element = NN_E_F32;
    f.data = p->data + 4 * (size_t)v->number;
    f.bytes = 4 * (size_t)count;
    return weights_add(w, &f, why);
}

/** The storages that follow the pickles, in the order of their keys. All those in use hold
 *  floats. */
static int find_storages(struct machine *m, const struct value *keys, struct place *places,
                         size_t *n, struct errbuf *why)
{
    for (const struct link *l = keys->first; l; l = l->next, (*n)++) {
        struct place *p = &places[*n];
        uint64_t count = take_number(m, 8);

        if (m->failed || l->value->kind != TEXT || count > m->code.len / 4)
            return err_set(why, UV_EINVAL, "a storage lies outside of the file");
        *p = (struct place){l->value->text, weights_take(&m->code, 4 * (size_t)count),
                            (size_t)count};
    }
    return 0;
}

/** The object's "model_state" if it has one. */
static const struct value *state_of(const struct value *object)
{
    for (const struct link *l = object->first; l && l->next; l = l->next->next) {
        if (reads(l->value, "model_state") && l->next->value->kind == LIST)
            return l->next->value;
    }
    return object;
}

static int read_object(struct machine *m, struct errbuf *why)
{
    const struct value *object = NULL, *keys;
    struct place *places;
    size_t n_places = 0, n_keys = 0;
    int err;

    for (int i = 0; i < 4; i++) /* magic, version, machine, the object */
        object = m->failed ? NULL : run(m);
    keys = object ? run(m) : NULL;
    if (!keys || keys->kind != LIST || object->kind != LIST)
        return err_set(why, UV_EINVAL, "the torch file is damaged, or holds more than tensors");
    for (const struct link *l = keys->first; l; l = l->next)
        n_keys++;
    places = calloc(n_keys + 1, sizeof(*places));
    if (!places)
        return err_set(why, UV_ENOMEM, "not enough memory for a list of weights");
    err = find_storages(m, keys, places, &n_places, why);
    for (const struct link *l = state_of(object)->first; l && l->next && !err; l = l->next->next) {
        if (l->value->kind == TEXT && l->next->value->kind == TENSOR)
            err = add_tensor(m->w, l->value, l->next->value, places, n_places, why);
    }
    free(places);
    return err;
}

bool weights_is_torch(const uint8_t *data, size_t len)
{
    return len > sizeof(magic) && !memcmp(data, magic, sizeof(magic));
}

int weights_read_torch(struct nn_weights *w, const uint8_t *data, size_t len, struct errbuf *why)
{
    struct machine *m = calloc(1, sizeof(*m));
    int err;

    if (!m)
        return err_set(why, UV_ENOMEM, "not enough memory to read weights");
    m->w = w;
    m->code = (struct weights_bytes){data, len};
    err = read_object(m, why);
    free(m);
    return err;
}
