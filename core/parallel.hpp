#pragma once
// One pool for the whole library. Work is cut into items by shapes and options only, so results are the same for any number of
// threads; the pool only decides who computes which item.

#include <cstddef>
#include <functional>

#include "entrospect/core/context.hpp"

namespace entrospect {

// Threads that a Context resolves to: its own number, else ENTROSPECT_NUM_THREADS, else cgroup and affinity limits. At least 1.
unsigned thread_count(const Context& context);

// Calls body(item) for every item in [0, items). The calling thread works too and polls the cancel token; the first exception of any
// item is rethrown in the caller after the others have stopped; Cancelled is thrown when a stop was requested. Nested calls run in
// the calling thread, so an outer loop over layers, heads or tiles never over-subscribes the machine.
void parallel_for(const Context& context, std::size_t items, const std::function<void(std::size_t)>& body);

// True inside an item of parallel_for: solvers then keep to one thread.
bool inside_parallel_region();

// Throws Cancelled if a stop was requested; polls the token when called from the thread that started the computation.
void check_cancelled(const Context& context);

// Runs `work` where the caller can abandon it: used for LAPACK calls, which cannot be interrupted. `work` must own everything that it
// touches. The caller polls the token every 20 ms and throws Cancelled at once; the abandoned result is dropped when it arrives.
void run_abandonable(const Context& context, std::function<void()> work);

}  // namespace entrospect
