/**
 * @file answer/choice.c  A user's choice of language models, also as JSON
 *
 *     {"order": ["groq", "ollama"], "own": [{"name": "groq", "key": …, "model": …, "url": …}]}
 *
 * Without "order" there is no order. A provider that is no longer known is ignored.
 */
#include "answer/choice.h"

#include "base/buffer.h"
#include "base/error.h"
#include "base/json.h"
#include "base/text.h"
#include "llm/provider.h"

#include <stdlib.h>
#include <string.h>

enum { TEXT_MAX = 64 << 10 };

const char *choice_name(const char *name)
{
    const struct llm_preset *preset = name ? llm_preset_find(name) : NULL;

    return preset && strcmp(preset->driver, "outline") != 0 ? preset->name : NULL;
}

int choice_set(char **text, const char *value)
{
    char *own = value && *value ? strdup(value) : NULL;

    if (value && *value && !own)
        return UV_ENOMEM;
    text_wipe(*text);
    *text = own;
    return 0;
}

struct choice_own *choice_own(struct choice *c, const char *name, bool make)
{
    const char *known = choice_name(name);

    for (size_t i = 0; known && i < c->own_count; i++)
        if (!strcmp(c->own[i].name, known))
            return &c->own[i];
    if (!known || !make || c->own_count == CHOICE_MAX)
        return NULL;
    c->own[c->own_count] = (struct choice_own){.name = known};
    return &c->own[c->own_count++];
}

static void own_release(struct choice_own *own)
{
    text_wipe(own->key);
    text_wipe(own->model);
    text_wipe(own->url);
}

void choice_tidy(struct choice *c)
{
    size_t kept = 0;

    for (size_t i = 0; i < c->own_count; i++)
        if (c->own[i].key || c->own[i].model || c->own[i].url)
            c->own[kept++] = c->own[i];
    c->own_count = kept;
}

void choice_release(struct choice *c)
{
    for (size_t i = 0; i < c->own_count; i++)
        own_release(&c->own[i]);
    *c = (struct choice){0};
}

/* ---------------------------------------------------------------------------------- JSON */

static void read_order(struct choice *c, const json_t *list)
{
    const json_t *item;
    size_t i;

    c->ordered = json_is_array(list);
    json_array_foreach(list, i, item)
    {
        const char *name = choice_name(json_string_value(item));

        if (name && c->order_count < CHOICE_MAX)
            c->order[c->order_count++] = name;
    }
}

static int read_own(struct choice *c, const json_t *item)
{
    struct choice_own *own = choice_own(c, json_str(item, "name"), true);
    int err;

    if (!own)
        return 0;
    err = choice_set(&own->key, json_str(item, "key"));
    if (!err)
        err = choice_set(&own->model, json_str(item, "model"));
    return err ? err : choice_set(&own->url, json_str(item, "url"));
}

int choice_read(struct choice *c, const char *text)
{
    json_t *root = text ? json_parse(text, strlen(text)) : NULL;
    const json_t *item;
    size_t i;
    int err = 0;

    *c = (struct choice){0};
    if (text && !json_is_object(root)) {
        json_decref(root);
        return UV_EINVAL;
    }
    read_order(c, json_object_get(root, "order"));
    json_array_foreach(json_object_get(root, "own"), i, item)
    {
        if (!err)
            err = read_own(c, item);
    }
    json_decref(root);
    return err;
}

static json_t *own_json(const struct choice_own *own)
{
    json_t *obj = json_object();

    json_set_str(obj, "name", own->name);
    if (own->key)
        json_set_str(obj, "key", own->key);
    if (own->model)
        json_set_str(obj, "model", own->model);
    if (own->url)
        json_set_str(obj, "url", own->url);
    return obj;
}

int choice_write(const struct choice *c, char **text)
{
    json_t *root = json_object();
    json_t *list = json_array();
    struct buf out;

    for (size_t i = 0; c->ordered && i < c->order_count; i++)
        json_array_append_new(list, json_string(c->order[i]));
    if (c->ordered)
        json_object_set(root, "order", list);
    json_decref(list);
    list = json_array();
    for (size_t i = 0; i < c->own_count; i++)
        json_array_append_new(list, own_json(&c->own[i]));
    json_object_set_new(root, "own", list);
    buf_init(&out, TEXT_MAX);
    json_write(&out, root);
    json_decref(root);
    *text = out.err ? NULL : buf_steal(&out, NULL);
    if (out.data)
        explicit_bzero(out.data, out.cap);
    buf_release(&out);
    return *text ? 0 : UV_ENOMEM;
}
