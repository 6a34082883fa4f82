/* Keeps the library from being empty if no support file is built. */
extern int test_support_is_here;
int test_support_is_here = 1;
