/// \file
/// What `infer` must know exactly of a collection's documents, beside their profile: of each
/// attribute at the top, which column types hold every value of it.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "doc/json.h"

namespace arango2pg::run {

/// How a point in time is written; equal spellings of a time can be told from the time again.
struct TimeSpelling {
  char separator = 0;      ///< between date and time: 'T' or ' '; 0 = a date alone
  bool seconds = false;    ///< "10:00:00", not "10:00"
  int fraction = 0;        ///< digits behind the seconds
  char zone = 0;           ///< 'Z'; 0 = none; '+' = an offset
  bool reversible = true;  ///< no other text has the same spelling and means the same time
  friend bool operator==(const TimeSpelling&, const TimeSpelling&) = default;

  /// Of a text that has the form of a date or time.
  static TimeSpelling of(std::string_view text);
  /// The pattern with which to_char() writes it; "" if it can't.
  [[nodiscard]] std::string pattern() const;
};

/// One attribute at the top. Mergeable; every statement holds for all values seen.
struct AttributeFacts {
  std::uint64_t documents = 0;  ///< that have it
  std::array<std::uint64_t, 6> kinds{};
  std::uint64_t largest = 0;  ///< bytes of the longest value's JSON

  // texts
  bool times = true;  ///< ISO 8601 that timestamptz holds to the last digit
  bool dates = true;  ///< days alone
  bool uuids = true;  ///< in the form in which PostgreSQL prints them
  bool one_spelling = true;
  TimeSpelling spelling;  ///< of the first time

  // numbers
  bool whole = true;
  bool int8 = true;        ///< whole, and bigint holds it
  bool epoch = true;       ///< seconds since 1970 that timestamptz holds to the last digit
  bool small_real = true;  ///< double precision does not overflow

  void add(doc::Value value);
  void merge(const AttributeFacts& other);
  [[nodiscard]] std::uint64_t of(doc::Kind kind) const {
    return kinds[static_cast<std::size_t>(kind)];
  }
  [[nodiscard]] std::uint64_t values() const;  ///< that are not null
  /// The only kind that values have beside null; null if there are several, or no value.
  [[nodiscard]] doc::Kind kind() const;

 private:
  friend class CollectionFacts;
  void text(std::string_view text);
  void number(std::string_view literal);
  std::uint64_t last_document_ = 0;
};

/// `_from` or `_to`.
struct EndFacts {
  std::uint64_t good = 0, bad = 0;
  std::set<std::string> collections;  ///< that it points into, the first few
  bool many = false;                  ///< into more than those
  void add(std::string_view id);
  void merge(const EndFacts& other);
};

/// One thread at a time.
class CollectionFacts {
 public:
  static constexpr std::size_t most_attributes = 2000;  ///< beyond, names are data

  std::uint64_t documents = 0;
  std::uint64_t no_document = 0;     ///< no JSON, or no object
  std::uint64_t without_key = 0;     ///< `_key` is absent, or no text
  std::uint64_t with_nul = 0;        ///< \u0000 somewhere
  std::uint64_t with_surrogate = 0;  ///< half a surrogate pair somewhere
  std::uint64_t bad_revisions = 0;   ///< `_rev` is there, and is none
  EndFacts from, to;
  std::map<std::string, AttributeFacts, std::less<>> attributes;  ///< without _key, _id, _rev
  bool too_many = false;  ///< there are more attributes than those

  void add(const doc::Document& document);
  void merge(const CollectionFacts& other);

 private:
  void member(std::string_view name, doc::Value value);
  std::string scratch_;
};

}  // namespace arango2pg::run
