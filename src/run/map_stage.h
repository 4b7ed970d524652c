/// \file
/// The CPU-only middle of a pipeline: batches in, whatever becomes of them out, in order.
#pragma once

#include <tbb/enumerable_thread_specific.h>
#include <tbb/global_control.h>
#include <tbb/parallel_pipeline.h>
#include <tbb/task_arena.h>

#include <algorithm>
#include <memory>
#include <thread>
#include <utility>

#include "base/channel.h"
#include "doc/batch.h"
#include "run/failure.h"

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
  const unsigned cores = std::max(1U, std::thread::hardware_concurrency());
  // One thread more than cores, for the filter that waits; TBB caps workers at the hardware
  // otherwise.
  const tbb::global_control threads(tbb::global_control::max_allowed_parallelism, cores + 1);
  tbb::task_arena arena(static_cast<int>(cores + 1));
  tbb::enumerable_thread_specific<State> states(make_state);
  const auto pop = [&in](tbb::flow_control& control) -> std::shared_ptr<doc::DocBatch> {
    auto batch = in.pop();
    if (batch) return std::make_shared<doc::DocBatch>(std::move(*batch));
    control.stop();
    return nullptr;
  };
  const auto work = [&](const std::shared_ptr<doc::DocBatch>& batch) {
    std::shared_ptr<Result> result;
    failure.guard(
        [&] { result = std::make_shared<Result>(map(std::move(*batch), states.local())); });
    return result;  // nothing after a failure: the channels are closed, so the pipeline runs dry
  };
  const auto hand_over = [&](const std::shared_ptr<Result>& result) {
    if (result) failure.guard([&] { deliver(std::move(*result)); });
  };
  arena.execute([&] {
    tbb::parallel_pipeline(
        2 * cores, tbb::make_filter<void, std::shared_ptr<doc::DocBatch>>(
                       tbb::filter_mode::serial_in_order, pop) &
                       tbb::make_filter<std::shared_ptr<doc::DocBatch>, std::shared_ptr<Result>>(
                           tbb::filter_mode::parallel, work) &
                       tbb::make_filter<std::shared_ptr<Result>, void>(
                           tbb::filter_mode::serial_in_order, hand_over));
  });
}

}  // namespace arango2pg::run
