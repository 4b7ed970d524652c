/// \file
/// The CPU-only middle of a pipeline: batches in, whatever becomes of them out, in order.
#pragma once

#include <tbb/enumerable_thread_specific.h>
#include <tbb/global_control.h>
#include <tbb/parallel_pipeline.h>
#include <tbb/task_arena.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <thread>
#include <utility>

#include "base/channel.h"
#include "doc/batch.h"
#include "run/failure.h"
#include "run/handover.h"

namespace arango2pg::run {

/// Takes batches from `in` until it is closed and empty. `map(batch, state)` runs on TBB's threads
/// and must not wait; `state` is the thread's own, made by `make_state()`. `deliver(result)` gets
/// the results one after the other, in the order of the batches. What they throw goes to `failure`,
/// which must close `in`.
template <class MakeState, class Map, class Deliver>
void map_stage(Channel<doc::DocBatch>& in, Failure& failure, MakeState make_state, Map map,
               Deliver deliver) {
  using State = decltype(make_state());
  using Result = decltype(map(std::declval<doc::DocBatch>(), std::declval<State&>()));
  struct Item {
    doc::DocBatch batch;
    std::optional<Result> result;
  };
  const unsigned cores = std::max(1U, std::thread::hardware_concurrency());
  // One thread more than cores, for the filter that waits; TBB caps workers at the hardware
  // otherwise.
  const tbb::global_control threads(tbb::global_control::max_allowed_parallelism, cores + 1);
  tbb::task_arena arena(static_cast<int>(cores + 1));
  tbb::enumerable_thread_specific<State> states(make_state);
  char begin = 0, end = 0, popping = 0, delivering = 0;  // addresses for ThreadSanitizer
  // Plain pointers: TBB would allocate its own copy of anything larger.
  const auto pop = [&](tbb::flow_control& control) -> Item* {
    takes_over(&begin);
    const Turn turn(&popping);
    auto batch = in.pop();
    if (!batch) {
      control.stop();
      hands_over(&end);
      return nullptr;
    }
    auto* item = new Item{std::move(*batch), {}};
    hands_over(item);
    return item;
  };
  const auto work = [&](Item* item) {
    takes_over(&begin);
    takes_over(item);
    // No result after a failure: the channels are closed, so the pipeline runs dry.
    failure.guard([&] { item->result.emplace(map(std::move(item->batch), states.local())); });
    hands_over(item);
    hands_over(&end);
    return item;
  };
  const auto hand_over = [&](Item* item) {
    takes_over(&begin);
    takes_over(item);
    {
      const Turn turn(&delivering);
      const std::unique_ptr<Item> owned(item);
      if (owned->result) failure.guard([&] { deliver(std::move(*owned->result)); });
    }
    hands_over(&end);
  };
  hands_over(&begin);
  arena.execute([&] {
    tbb::parallel_pipeline(
        2 * cores, tbb::make_filter<void, Item*>(tbb::filter_mode::serial_in_order, pop) &
                       tbb::make_filter<Item*, Item*>(tbb::filter_mode::parallel, work) &
                       tbb::make_filter<Item*, void>(tbb::filter_mode::serial_in_order, hand_over));
  });
  takes_over(&end);
}

}  // namespace arango2pg::run
