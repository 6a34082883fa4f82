/**
 * @file store/on_lane.h  The writes of a store, on the single writing thread; private to store/
 *
 *     on_lane_open(&o, driver, db, lanes);
 *     store_on_lane.user_put(o, &user, why);       // driver->user_put(db, …) on LANE_STORE
 *     on_lane_close(o);
 *
 * The table has only the calls that write.
 *
 * Threads    Any but the loop thread, which must not wait: that aborts (loop/wait.h).
 * Errors     The driver's, and UV_EAGAIN: too many writes are waiting.
 */
#ifndef STORE_ON_LANE_H
#define STORE_ON_LANE_H

#include "store/driver.h"

struct lanes;
struct on_lane;

extern const struct store_driver store_on_lane;

int on_lane_open(struct on_lane **op, const struct store_driver *driver, void *db,
                 struct lanes *lanes);
void on_lane_close(struct on_lane *o); /**< NULL is allowed */

#endif
