/* Keeps the library from being empty where no support is built. */
extern int test_support_is_here;
int test_support_is_here = 1;
