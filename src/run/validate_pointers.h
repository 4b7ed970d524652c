/// \file
/// References between documents: `_from` and `_to` of edges, and attributes that a mapping calls
/// references. Which of them point at no document?
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "doc/json.h"
#include "mapping/path.h"
#include "run/hash_set.h"
#include "run/plan_run.h"
#include "run/report.h"
#include "run/scan.h"

namespace arango2pg::run {

/// Where references stand in the documents of all collections. Immutable.
class PointerPlaces {
 public:
  /// `there`: names of all collections of the source, whether they are in the plan or not.
  PointerPlaces(const RunPlan& plan, const std::vector<std::string>& there);
  /// False: nothing points anywhere, so nobody has to remember the documents.
  [[nodiscard]] bool any() const { return !places_.empty(); }
  /// Hash of a document's "collection/key"; 0 if it has no key.
  [[nodiscard]] std::uint64_t id_of(std::uint32_t collection, const doc::Value& document) const;
  /// Appends the references that document number `doc` holds.
  void find(std::uint32_t collection, const doc::Value& document, std::uint32_t doc,
            std::vector<Pointer>& out) const;

  struct Place {
    std::uint32_t collection = 0;
    std::string name;
    mapping::Path path;
    std::string into;  ///< collection that a bare key belongs to; "" = the value must name it
  };
  [[nodiscard]] const std::vector<Place>& places() const { return places_; }
  /// True if a document of that collection that is not read is not there.
  [[nodiscard]] bool complete(std::uint64_t collection_hash) const;

 private:
  std::vector<Place> places_;
  std::vector<std::vector<std::uint32_t>> by_collection_;  ///< numbers of places
  std::vector<std::uint64_t> hashes_;                      ///< of collection names
  std::vector<std::uint64_t> not_read_;                    ///< of the others in the source
};

/// One thread at a time.
class PointerCheck {
 public:
  PointerCheck(const PointerPlaces& places, std::uint64_t memory)
      : places_(places), memory_(memory), found_(places.places().size()) {}
  void add(const Mapped& batch);
  /// After the last batch: what points at documents that came later is looked at again.
  void settle();
  void report(std::uint32_t collection, ReportCollection& out) const;
  [[nodiscard]] bool gave_up() const { return gave_up_; }

 private:
  struct Pending {
    std::uint64_t id;
    std::uint32_t place;
    std::uint32_t key;  ///< index into keys_, or none
  };
  struct Found {
    std::uint64_t checked = 0, dangling = 0;
    std::vector<std::string> keys;
  };
  static constexpr std::size_t most_keys = 20;

  const PointerPlaces& places_;
  const std::uint64_t memory_;
  HashSet there_;
  std::vector<Pending> pending_;
  std::vector<std::string> keys_;  ///< of the first pending ones of each place
  std::vector<Found> found_;
  std::vector<std::size_t> kept_;
  bool gave_up_ = false;
};

}  // namespace arango2pg::run
