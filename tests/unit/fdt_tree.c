/* SPDX-License-Identifier: Apache-2.0
 *
 * fdt_tree.c - the tree that a device tree is built in (core/fdt/tree.h), and printing what is none.
 */
#include "core/fdt/devicetree.h"
#include "core/fdt/tree.h"

#include <criterion/criterion.h>
#include <libfdt.h>
#include <stdio.h>
#include <stdlib.h>

Test(tree, grows_beyond_its_first_buffer)
{
    static uint8_t big[100000];
    struct tree t;
    uint8_t *flat = NULL;
    uint32_t bytes;

    cr_assert_eq(tree_init(&t), BP_OK);
    tree_set(tree_add(t.root, "a"), "big", big, sizeof(big));
    cr_assert_eq(tree_flatten(&t, &flat, &bytes), BP_OK);
    cr_expect_eq(fdt_check_full(flat, bytes), 0);
    free(flat);
    tree_finish(&t);
}

Test(tree, replaces_and_finds)
{
    struct tree t;
    struct tree_node *node;
    char *path;

    cr_assert_eq(tree_init(&t), BP_OK);
    node = tree_add(tree_add(t.root, "soc"), "serial@1");
    tree_set_u32(node, "x", 1);
    tree_set_text(node, "x", "two");
    tree_set_list(node, "list", "a\nbc\nd");
    cr_expect_eq(tree_get(node, "list")->bytes, 7);
    cr_expect_arr_eq(tree_get(node, "list")->data, "a\0bc\0d", 7);
    tree_drop(node, "list");
    cr_expect_eq(node->nprops, 1);
    cr_expect_str_eq((char *)tree_get(node, "x")->data, "two");
    cr_expect_null(tree_get(node, "y"));
    path = tree_path(node);
    cr_expect_str_eq(path, "/soc/serial@1");
    free(path);
    path = tree_path(t.root);
    cr_expect_str_eq(path, "/");
    free(path);
    tree_finish(&t);
}

Test(print, refuses_what_is_no_tree)
{
    uint8_t noise[64] = {1, 2, 3};

    cr_expect_eq(devicetree_print(noise, sizeof(noise), stdout), BP_E_INVAL);
}
