// Finding the documents that PostgreSQL refuses. Savepoints around ranges of documents, all tables
// of a range together, so that a document is all or nothing. A document counts as bad only when it
// was refused alone: a hint that turns out wrong costs time, never a good document.
#include <algorithm>

#include "pg/load_rows_internal.h"

namespace arango2pg::pg {
namespace {

/// After a refusal the next range is one document; each success makes the following one this much
/// larger. So a batch full of bad documents costs one short COPY each, and a single bad one among
/// thousands a handful of COPYs.
constexpr std::size_t growth = 4;

}  // namespace

std::optional<RowsRefused> RowLoader::try_load(std::uint32_t collection, Documents documents) {
  // Deferrable constraints are put off to the end of the range: the rows of one document may point
  // at each other in any order.
  session_.exec("SAVEPOINT arango2pg_rows; SET CONSTRAINTS ALL DEFERRED");
  try {
    Totals totals;
    const Share all = share(collection, documents);
    prepare(all, totals);
    write(all, totals);
    set_constraints_immediate();
    clear(collection);
    session_.exec("RELEASE SAVEPOINT arango2pg_rows");
    add(collection, totals);
    return std::nullopt;
  } catch (RowsRefused& refused) {
    for (const auto& slices : share(collection, documents).tables)
      for (const Slice& s : slices)
        for (std::size_t r = s.first; r < s.end; ++r)
          if (!refused.suspect || DocAt{s.batch, s.rows->row_doc[r]} < *refused.suspect)
            wasted_ += s.rows->row_end[r] - s.rows->row_begin(r);
    session_.exec("ROLLBACK TO SAVEPOINT arango2pg_rows; RELEASE SAVEPOINT arango2pg_rows");
    return std::move(refused);
  }
}

void RowLoader::isolate(std::uint32_t collection, Documents documents,
                        std::optional<DocAt> suspect) {
  const auto index_of = [&](const DocAt& at) {
    return static_cast<std::size_t>(std::lower_bound(documents.begin(), documents.end(), at) -
                                    documents.begin());
  };
  std::size_t suspected = suspect ? index_of(*suspect) : documents.size();
  std::size_t size = std::max<std::size_t>(suspected, 1);
  for (std::size_t at = 0; at < documents.size();) {
    const std::size_t end = std::min(documents.size(), at + size);
    const auto refused = try_load(collection, documents.subspan(at, end - at));
    if (!refused) {
      at = end;
      size = at == suspected ? 1 : size * growth;
    } else if (end - at == 1) {
      refusals_.push_back({documents[at], refused->failure.sqlstate, refused->failure.describe()});
      at = end;
      size = 1;
    } else if (refused->suspect) {
      suspected = index_of(*refused->suspect);
      size = suspected > at && suspected < end ? suspected - at : 1;
    } else {
      size = (end - at) / 2;
    }
  }
}

void RowLoader::load_isolating(const std::optional<DocAt>& suspect) {
  const auto count = static_cast<std::uint32_t>(config_.collections.size());
  // Removals are older than the documents of their batch.
  for (std::uint32_t c = count; c-- > 0;)
    if (const auto removals = removals_of(c); !removals.empty()) isolate(c, removals, std::nullopt);
  for (std::uint32_t c = 0; c < count; ++c) {
    const std::vector<DocAt> documents = documents_of(c);
    if (documents.empty()) continue;
    const bool here = suspect && batches_[suspect->batch].collection == c;
    isolate(c, documents, here ? suspect : std::nullopt);
  }
  retry_by_order();
}

/// From the last document to the first: a chain in which each points at the next one goes in at
/// once, and forwards only link by link.
void RowLoader::isolate_backwards(std::uint32_t collection, Documents documents) {
  std::size_t size = documents.size();
  for (std::size_t end = documents.size(); end > 0;) {
    const std::size_t begin = end - std::min(end, size);
    const auto refused = try_load(collection, documents.subspan(begin, end - begin));
    if (!refused) {
      end = begin;
      size *= growth;
    } else if (end - begin == 1) {
      refusals_.push_back(
          {documents[begin], refused->failure.sqlstate, refused->failure.describe()});
      end = begin;
      size = 1;
    } else {
      size = (end - begin) / 2;
    }
  }
}

void RowLoader::retry_by_order() {
  // Cut into ranges, a document may have come before the one it points at, or before the one that
  // gives up its unique value. Now that all others are in, such documents get another chance, until
  // no more of them go in.
  const auto by_order = [](const Refusal& r) {
    return r.sqlstate == "23503" || r.sqlstate == "23505" || r.sqlstate == "23P01";
  };
  for (bool backwards = true;; backwards = !backwards) {
    std::map<std::uint32_t, std::vector<DocAt>> again;
    for (const Refusal& r : refusals_)
      if (by_order(r)) again[batches_[r.at.batch].collection].push_back(r.at);
    const std::size_t before = refusals_.size();
    if (again.empty()) return;
    std::erase_if(refusals_, by_order);
    for (auto& [collection, documents] : again) {
      std::sort(documents.begin(), documents.end());
      if (backwards)
        isolate_backwards(collection, documents);
      else
        isolate(collection, documents, std::nullopt);
    }
    if (refusals_.size() == before) return;  // each was tried alone against all that is in
  }
}

}  // namespace arango2pg::pg
