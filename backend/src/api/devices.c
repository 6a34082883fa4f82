/**
 * @file api/devices.c  GET /api/v1/audio/devices: capture devices of this machine
 */
#include "api/audio.h"

#include "api/app.h"
#include "api/reply.h"
#include "audio/capture.h"
#include "base/json.h"
#include "config/config.h"

#include <string.h>

enum { DEVICES_MAX = 200 };

static void add_device(const struct capture_device *device, void *arg)
{
    json_t *list = arg, *one = json_object();

    if (json_array_size(list) >= DEVICES_MAX)
        return;
    json_set_str(one, "name", device->name);
    json_set_str(one, "label", device->label);
    json_set_str(one, "kind", device->monitor ? "monitor" : "input");
    json_object_set_new(one, "usual", json_boolean(device->usual));
    json_array_append_new(list, one);
}

/* It is a valid answer that no sound server can be asked. */
int api_list_devices(const struct http_request *req, struct http_response *res)
{
    const struct config *c = app_of(req)->config;
    bool may = !c->accounts || c->capture_accounts;
    json_t *items = json_array(), *obj = json_object();
    const char *system = NULL;
    struct errbuf why = {""};

    if (!may)
        err_set(&why, 0, "this server captures no sound of its machine for accounts");
    else
        capture_devices(add_device, items, &system, &why);
    json_set_str(obj, "system", system);
    json_set_str(obj, "chosen", may ? c->capture : NULL);
    json_set_str(obj, "why", why.text[0] ? why.text : NULL);
    json_object_set_new(obj, "items", items);
    json_write(reply_json(res, 200), obj);
    json_decref(obj);
    return 0;
}
