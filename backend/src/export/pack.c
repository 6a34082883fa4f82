/**
 * @file export/pack.c  The module that makes zip archives, loaded at its first use
 */
#include "export/pack.h"

#include "base/module.h"

const struct pack_door *pack_load(struct errbuf *why)
{
    const struct pack_door *door = module_open("interviewd-pack", "pack_door", why);

    if (door && door->abi != PACK_ABI) {
        err_set(why, 0, "interviewd-pack.so belongs to another version of the program");
        return NULL;
    }
    return door;
}
