/**
 * @file manual.h  The manual page and the shells' completions, from the tables of commands and
 * settings
 *
 *     interviewd help man  > interviewd.1
 *     interviewd help bash > /usr/share/bash-completion/completions/interviewd
 *     interviewd help zsh  > /usr/share/zsh/vendor-completions/_interviewd
 *     interviewd help fish > /usr/share/fish/vendor_completions.d/interviewd.fish
 *
 * Threads    Any; pure functions.
 * Source     man(7); bash(1) "Programmable Completion"; zshcompsys(1); complete(1) of fish.
 */
#ifndef MANUAL_H
#define MANUAL_H

#include "base/buffer.h"
#include "program.h"

/** form: "man", "bash", "zsh" or "fish". 0, UV_EINVAL for another one, or an error of the buffer.
 */
int manual_write(struct buf *out, const char *form, const struct command *commands, size_t count);

#endif
