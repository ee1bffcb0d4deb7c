/* SPDX-License-Identifier: Apache-2.0
 *
 * cxx/device.hpp - a device in C++: member functions as the callbacks of rows, interfaces found by their type, and checks
 * that the compiler makes. C++17; rows are pleasant to write from C++20 on, which has designated initializers.
 *
 * Inline, and no ABI of its own: rows are those of the C headers, whatever is appended to them. A plug-in is built
 * with -fno-exceptions -fno-rtti -fno-threadsafe-statics and linked without the C++ runtime, as backplane_plugin()
 * does: then it depends on libc and libm like one in C. What of the standard library needs no runtime may be used:
 * <array>, <bit>, <optional>, <span>, <string_view>, <algorithm> on memory of the instance.
 *
 *     struct uart {
 *         const bp_line_api *lines;
 *         bp_line *irq;
 *         uint32_t control;
 *
 *         int32_t init(bp_dev *dev, const bp_core *core) { return backplane::fetch(dev, core, lines); }
 *         void on_control(uint32_t index, uint64_t value, uint64_t old);
 *     };
 *     static constexpr bp_reg regs[] = {{..., .on_write = backplane::method<&uart::on_control>}};
 *     static constexpr auto uart_class = backplane::device_class<uart>({.name = "uart", ...}, ports, regions);
 *     ... .get_factory = backplane::devices<uart_class>, in bp_plugin_query_v1()
 */
#ifndef BACKPLANE_CXX_DEVICE_HPP
#define BACKPLANE_CXX_DEVICE_HPP

#include <backplane/backend.h>
#include <backplane/block.h>
#include <backplane/bus.h>
#include <backplane/char.h>
#include <backplane/device.h>
#include <backplane/fdt.h>
#include <backplane/line.h>
#include <backplane/regs.h>
#include <backplane/state.h>
#include <backplane/thread.h>
#include <backplane/time.h>
#include <backplane/trace.h>
#include <backplane/util/ifaces.h>
#include <backplane/util/ticks.h>

#include <string.h>
#include <type_traits>

#if defined(__cpp_exceptions)
#error "an exception must not reach the core, which is C: compile plug-ins with -fno-exceptions"
#endif

namespace backplane {

/* --- member functions as callbacks ----------------------------------------------------------- */

namespace detail {

template <auto Function> struct thunk;

template <class T, class R, class... Args, R (T::*Function)(Args...)> struct thunk<Function> {
    static R call(void *self, Args... args)
    {
        return (static_cast<T *>(self)->*Function)(args...);
    }
};

template <class T, class R, class... Args, R (T::*Function)(Args...) const>
struct thunk<Function> {
    static R call(void *self, Args... args)
    {
        return (static_cast<const T *>(self)->*Function)(args...);
    }
};

} // namespace detail

/* The C function that calls a member function of the instance: method<&uart::reset> where a row or a class wants
 * `void (*)(void *self, uint32_t kind)`. Parameters that do not match the row do not compile. */
template <auto Function> inline constexpr auto method = &detail::thunk<Function>::call;

/* --- interfaces of the core, by type ------------------------------------------------------------ */

template <class Api> struct iface_id;
#define BACKPLANE_IFACE(type, id)                                                                  \
    template <> struct iface_id<type> {                                                            \
        static constexpr const char *value = id;                                                   \
    }
BACKPLANE_IFACE(bp_line_api, BP_LINE_ID);
BACKPLANE_IFACE(bp_timer_api, BP_TIMER_ID);
BACKPLANE_IFACE(bp_clock_api, BP_CLOCK_ID);
BACKPLANE_IFACE(bp_dma_api, BP_DMA_ID);
BACKPLANE_IFACE(bp_mem_api, BP_MEM_ID);
BACKPLANE_IFACE(bp_machine_api, BP_MACHINE_ID);
BACKPLANE_IFACE(bp_char_api, BP_CHAR_ID);
BACKPLANE_IFACE(bp_block_api, BP_BLOCK_ID);
BACKPLANE_IFACE(bp_trace_api, BP_TRACE_ID);
BACKPLANE_IFACE(bp_error_api, BP_ERROR_ID);
BACKPLANE_IFACE(bp_thread_api, BP_THREAD_ID);

/* [main] in init(). Fills in each pointer; BP_E_UNSUPPORTED, with a text that names the interface, when the core lacks
 * one. */
template <class... Api>
inline int32_t fetch(bp_dev *dev, const bp_core *core, const Api *&...pointers)
{
    const char *missing = nullptr;
    auto get = [&](auto *&pointer) {
        using api = std::remove_const_t<std::remove_reference_t<decltype(*pointer)>>;

        pointer = static_cast<const api *>(core->get(core, iface_id<api>::value));
        if (!pointer && !missing)
            missing = iface_id<api>::value;
    };

    (get(pointers), ...);
    if (!missing)
        return BP_OK;
    char text[96] = "this core does not offer ";

    strncat(text, missing, sizeof text - strlen(text) - 1);
    return bp_fail(core, dev, BP_E_UNSUPPORTED, nullptr, text);
}

/* --- rows ------------------------------------------------------------------------------------------ */

namespace detail {

/* Which array goes where: what BP_ARRAY() does in C, whose three values in a row designated initializers of C++ do not
 * take. */
#define BACKPLANE_ROWS(owner, row, member, count, stride)                                          \
    constexpr void put(owner &o, const row *rows, uint32_t n)                                      \
    {                                                                                              \
        o.member = rows;                                                                           \
        o.count = n;                                                                               \
        o.stride = sizeof(row);                                                                    \
    }
BACKPLANE_ROWS(bp_region, bp_reg, regs, nregs, reg_stride)
BACKPLANE_ROWS(bp_state, bp_state_field, fields, nfields, field_stride)
BACKPLANE_ROWS(bp_device_class, bp_prop, props, nprops, prop_stride)
BACKPLANE_ROWS(bp_device_class, bp_port, ports, nports, port_stride)
BACKPLANE_ROWS(bp_device_class, bp_provider, providers, nproviders, provider_stride)
BACKPLANE_ROWS(bp_device_class, bp_region, regions, nregions, region_stride)
BACKPLANE_ROWS(bp_device_class, bp_event, events, nevents, event_stride)
BACKPLANE_ROWS(bp_device_class, bp_bus_row, buses, nbuses, bus_stride)
BACKPLANE_ROWS(bp_device_class, bp_seat_row, seats, nseats, seat_stride)
#undef BACKPLANE_ROWS

} // namespace detail

/* `owner` with arrays of rows in their places: with(bp_region{.name = "reg"}, regs). */
template <class Owner, class... Row, size_t... N>
constexpr Owner with(Owner owner, const Row (&...rows)[N])
{
    (detail::put(owner, rows, N), ...);
    return owner;
}

/* --- the class and the plug-in --------------------------------------------------------------------- */

/* The class of instances T, with its rows. The core allocates an instance zeroed and never runs a constructor or a
 * destructor; finish() is the place for what a destructor would do. */
template <class T, class... Row, size_t... N>
constexpr bp_device_class device_class(bp_device_class members, const Row (&...rows)[N])
{
    static_assert(std::is_standard_layout_v<T>,
                  "rows name members by offset: no virtual functions, no references, one access "
                  "level, data in one class only");
    static_assert(std::is_trivially_default_constructible_v<T> &&
                      std::is_trivially_destructible_v<T>,
                  "the core makes instances of zeros: no constructors, default member "
                  "initializers or destructors");
    members.size = sizeof(bp_device_class);
    members.instance_size = sizeof(T);
    members.instance_align = alignof(T);
    return with(members, rows...);
}

/* get_factory() of a plug-in with these classes: variables of static storage. */
template <const bp_device_class &...Classes> inline const void *devices(const char *id)
{
    static constexpr const bp_device_class *classes[] = {&Classes..., nullptr};
    static constexpr bp_device_factory factory = {sizeof(bp_device_factory), 0, classes};

    return strcmp(id, BP_FACTORY_DEVICES) ? nullptr : &factory;
}

} // namespace backplane

#endif
