// What every source promises, whatever it reads from: the same documents however it is cut, and
// exactly the rest when reading goes on from any batch.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/budget.h"
#include "doc/ports.h"

namespace arango2pg::test {

using Documents = std::vector<std::string>;

inline doc::CollectionInfo find_collection(doc::Source& source, const std::string& name) {
  for (const auto& c : source.collections())
    if (c.name == name) return c;
  throw std::runtime_error("no collection " + name);
}

/// The parts of a collection by stream, as tasks from the beginning.
inline std::map<std::uint32_t, std::vector<doc::PartTask>> tasks_of(
    doc::Source& source, const std::string& collection, const doc::SplitOptions& options) {
  std::map<std::uint32_t, std::vector<doc::PartTask>> streams;
  PartId id = 100;
  for (auto& part : source.split(find_collection(source, collection), options)) {
    EXPECT_EQ(part.collection, collection);
    doc::PartTask task;
    task.id = ++id;
    task.collection = 7;
    task.spec = part;
    streams[part.stream].push_back(task);
  }
  return streams;
}

/// Reads one stream to its end and checks what each batch must keep to.
inline std::vector<doc::DocBatch> read_stream(doc::Source& source, std::vector<doc::PartTask> tasks,
                                              ByteBudget& budget) {
  std::map<PartId, std::uint64_t> next_seq;
  std::set<PartId> open;
  for (const auto& task : tasks) open.insert(task.id);
  std::vector<doc::DocBatch> batches;
  const auto reader = source.open(std::move(tasks), budget);
  while (auto batch = reader->next({})) {
    EXPECT_EQ(batch->collection, 7U);
    EXPECT_EQ(open.count(batch->part), 1U) << "a batch of a part that is not read or has ended";
    EXPECT_EQ(batch->seq, next_seq[batch->part]++);
    for (const auto& d : batch->docs) EXPECT_LE(std::size_t{d.begin} + d.size, batch->bytes.size());
    if (batch->last) open.erase(batch->part);
    batch->lease.release();  // the test keeps all batches
    batches.push_back(std::move(*batch));
  }
  EXPECT_TRUE(open.empty()) << "a part without its last batch";
  return batches;
}

inline void append(Documents& out, const doc::DocBatch& batch) {
  for (std::size_t i = 0; i < batch.docs.size(); ++i) out.emplace_back(batch.document(i));
}

inline Documents sorted(Documents documents) {
  std::sort(documents.begin(), documents.end());
  return documents;
}

struct ReadAs {
  unsigned lanes = 1;
  std::uint64_t part_bytes = 256U << 20;
  std::uint64_t budget = 64U << 20;
};

/// All documents of a collection, sorted.
inline Documents read_all(doc::Source& source, const std::string& collection,
                          const ReadAs& as = {}) {
  ByteBudget budget(as.budget);
  Documents out;
  for (auto& [stream, tasks] : tasks_of(source, collection, {as.lanes, as.part_bytes}))
    for (const auto& batch : read_stream(source, std::move(tasks), budget)) append(out, batch);
  EXPECT_EQ(budget.in_use(), 0U);
  return sorted(std::move(out));
}

/// Goes on behind each batch of each stream in turn: what was read before and after together must
/// be the whole, nothing twice.
inline void expect_resumable_anywhere(doc::Source& source, const std::string& collection,
                                      const ReadAs& as) {
  ByteBudget budget(as.budget);
  for (const auto& [stream, tasks] : tasks_of(source, collection, {as.lanes, as.part_bytes})) {
    const auto whole = read_stream(source, tasks, budget);
    Documents expected;
    for (const auto& batch : whole) append(expected, batch);
    const std::size_t step = 1 + whole.size() / 12;
    for (std::size_t cut = 1; cut < whole.size(); cut += step) {
      Documents got;
      std::map<PartId, std::string> position;
      std::set<PartId> ended;
      for (std::size_t i = 0; i < cut; ++i) {
        append(got, whole[i]);
        position[whole[i].part] = whole[i].position_after;
        if (whole[i].last) ended.insert(whole[i].part);
      }
      std::vector<doc::PartTask> rest;
      for (auto task : tasks) {
        if (ended.contains(task.id)) continue;
        task.position = position[task.id];
        rest.push_back(task);
      }
      if (rest.empty()) continue;
      for (const auto& batch : read_stream(source, rest, budget)) append(got, batch);
      ASSERT_EQ(sorted(got), sorted(expected)) << "stream " << stream << ", cut " << cut;
    }
  }
}

/// The whole contract for one collection.
inline void expect_contract(doc::Source& source, const std::string& collection,
                            const Documents& documents) {
  const Documents expected = sorted(documents);
  for (const unsigned lanes : {1U, 2U, 5U})
    for (const std::uint64_t budget : {std::uint64_t{64} << 20, std::uint64_t{600} << 10}) {
      const Documents got = read_all(source, collection, {lanes, 8U << 20, budget});
      ASSERT_EQ(got.size(), expected.size()) << lanes << " lanes, budget " << budget;
      ASSERT_TRUE(got == expected) << lanes << " lanes, budget " << budget;
    }
  for (const unsigned lanes : {1U, 3U})
    expect_resumable_anywhere(source, collection, {lanes, 4U << 20, 1U << 20});
}

}  // namespace arango2pg::test
