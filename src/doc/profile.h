/// \file
/// What the documents of a collection look like, path by path: presence, types, sizes, ranges.
/// One pass over each parsed document; memory is bounded whatever the documents are.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "doc/json.h"
#include "doc/sketch.h"
#include "doc/text_form.h"

namespace arango2pg::doc {

struct ProfileLimits {
  std::size_t paths = 4096;  ///< told apart; beyond, members of large objects are taken together
  bool values = true;        ///< most frequent values, too
};

/// What is known of one path. Counts are values unless they say documents.
struct PathStats {
  std::uint64_t documents = 0;           ///< that have it at least once
  std::array<std::uint64_t, 6> kinds{};  ///< by Kind
  std::uint64_t bytes = 0;               ///< of the values' JSON, with all below
  std::uint64_t nul_characters = 0;      ///< texts with \u0000
  std::uint64_t lone_surrogates = 0;     ///< texts with half a surrogate pair

  // texts
  std::uint64_t shortest = UINT64_MAX, longest = 0;  ///< in bytes
  std::array<std::uint64_t, text_forms> forms{};

  // numbers
  double least = 0, greatest = 0;     ///< if there is a number
  std::uint64_t fractions = 0;        ///< with digits behind the point
  std::uint32_t integer_digits = 0;   ///< most before the point
  std::uint32_t fraction_digits = 0;  ///< most behind it
  std::uint64_t beyond_int4 = 0;      ///< whole numbers that integer does not hold
  std::uint64_t beyond_int8 = 0;      ///< that bigint does not hold
  std::uint64_t beyond_float4 = 0;    ///< that real would change
  std::uint64_t beyond_float8 = 0;    ///< that double precision would change

  // arrays and objects
  std::uint64_t fewest = UINT64_MAX, most = 0, members = 0;  ///< elements or members

  /// Of scalars.
  DistinctCounter distinct;
  std::unique_ptr<FrequentValues> frequent;
  std::unique_ptr<SizeHistogram> lengths;  ///< of texts

  PathStats() = default;
  PathStats(PathStats&&) = default;
  PathStats& operator=(PathStats&&) = default;
  void merge(const PathStats& other);
  [[nodiscard]] std::uint64_t values() const;
  [[nodiscard]] std::uint64_t of(Kind kind) const { return kinds[static_cast<std::size_t>(kind)]; }
};

/// One thread at a time; profiles of several threads are merged.
class Profile {
 public:
  enum class Step : std::uint8_t { root, member, element, any_member };
  struct Path {
    Step step = Step::root;
    std::uint32_t parent = 0;
    std::string name;  ///< of a member, unescaped (may hold NUL, or lone surrogates as WTF-8)
    PathStats stats;
    /// any_member: about so many names are taken together here.
    DistinctCounter names;

   private:
    friend class Profile;
    std::uint32_t element = ~0U;     ///< the child for elements
    std::uint32_t any = ~0U;         ///< the child for members, once they are taken together
    std::uint32_t children = 0;      ///< members told apart
    std::uint32_t look_again = 256;  ///< children at which the next look is due
    std::uint32_t follower = 0;      ///< path that came next the last time: usually does again
    std::uint64_t last_document = 0;
    bool dead = false;  ///< absorbed by path number `follower`
  };

  explicit Profile(ProfileLimits limits = {});

  void add(const Document& document);
  /// A document that could not be parsed: counted with its size only.
  void add_unreadable(std::uint64_t bytes);
  void merge(const Profile& other);

  [[nodiscard]] std::uint64_t documents() const { return documents_; }
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }
  [[nodiscard]] std::uint64_t largest() const { return largest_; }
  [[nodiscard]] const SizeHistogram& sizes() const { return sizes_; }
  /// Values deeper than this are counted in what is around them only.
  static constexpr std::size_t deepest = 64;
  [[nodiscard]] bool too_deep() const { return too_deep_; }
  /// Members of some objects were taken together.
  [[nodiscard]] bool collapsed() const { return collapsed_; }
  /// Even so there were too many paths: some were left out.
  [[nodiscard]] bool incomplete() const { return incomplete_; }

  /// The paths, parents before their children, siblings as first met. The first is the document
  /// itself.
  [[nodiscard]] std::vector<std::uint32_t> in_order() const;
  [[nodiscard]] const Path& path(std::uint32_t id) const { return paths_[id]; }

 private:
  static constexpr std::uint32_t none = ~std::uint32_t{0};
  struct Open {
    std::uint32_t path;
    std::uint32_t end;
    bool object;
  };
  std::uint32_t member(std::uint32_t parent, const Document& document, std::uint32_t name,
                       std::uint32_t before);
  std::uint32_t member_child(std::uint32_t parent, std::string_view name);
  std::uint32_t element_of(std::uint32_t parent);
  std::uint32_t any_of(std::uint32_t parent);
  [[nodiscard]] std::uint32_t find(std::uint32_t parent, std::string_view name) const;
  std::uint32_t create(std::uint32_t parent, Step step, std::string_view name);
  void insert(std::uint32_t id);
  void rebuild_index(std::size_t size);
  [[nodiscard]] std::vector<std::uint32_t> members_of(std::uint32_t parent) const;
  [[nodiscard]] bool is_map(std::uint32_t parent) const;
  void make_room(std::uint32_t parent);
  void collapse(std::uint32_t parent);
  void absorb(std::uint32_t into, std::uint32_t from);
  [[nodiscard]] std::uint32_t resolve(std::uint32_t id) const {
    while (paths_[id].dead) id = paths_[id].follower;
    return id;
  }
  std::uint32_t counterpart(const Path& theirs, std::uint32_t parent);
  void update(std::uint32_t id, const Document& document, const Node& node);
  void text(PathStats& stats, std::string_view raw, std::uint8_t flags);
  void scalar(PathStats& stats, std::string_view json);

  ProfileLimits limits_;
  std::vector<Path> paths_;
  std::vector<std::uint32_t> index_;  ///< hash table of members: path ids; 0 = free
  std::vector<std::uint32_t> free_;   ///< ids of dead paths, to be used again
  std::vector<std::uint32_t> dying_;  ///< the same, but the document at work may still name them
  std::vector<Open> open_;
  std::size_t live_ = 0;
  std::size_t indexed_ = 0;
  std::uint64_t ordinal_ = 0;  ///< of the document at work
  std::uint64_t documents_ = 0, bytes_ = 0, largest_ = 0;
  SizeHistogram sizes_;
  std::string scratch_;
  bool too_deep_ = false;
  bool collapsed_ = false;
  bool incomplete_ = false;
};

}  // namespace arango2pg::doc
