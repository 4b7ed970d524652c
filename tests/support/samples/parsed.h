/// \file
/// For the tests of samples: documents as a reader sees them. Header only; needs arango2pg_doc.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "base/ids.h"
#include "doc/batch.h"
#include "doc/json.h"
#include "samples/sample.h"

namespace arango2pg::samples {

/// A parsed document of the sample.
class Parsed {
 public:
  explicit Parsed(const std::string& text) {
    buffer_.append(text);
    error_ = document_.parse(buffer_.view());
  }
  [[nodiscard]] bool good() const { return !error_; }
  [[nodiscard]] std::string text(std::string_view name) const {
    const auto value = document_.root().find(name);
    std::string scratch;
    return value && value->kind() == doc::Kind::string ? std::string(value->string(scratch)) : "";
  }
  [[nodiscard]] std::optional<doc::Value> find(std::string_view name) const {
    return document_.root().find(name);
  }

 private:
  doc::PaddedBuffer buffer_;
  doc::Document document_;
  std::optional<doc::JsonError> error_;
};

/// Documents that a server could send: JSON with unique keys, in the order of their revisions.
inline void expect_sendable(const SampleCollection& collection, bool ascii) {
  std::set<std::string> keys;
  std::uint64_t last = 0;
  for (const std::string& text : collection.documents) {
    const Parsed document(text);
    ASSERT_TRUE(document.good()) << text;
    EXPECT_EQ(document.text("_id"), collection.name + "/" + document.text("_key"));
    EXPECT_TRUE(keys.insert(document.text("_key")).second) << text;
    const auto revision = Rev::parse(document.text("_rev"));
    ASSERT_TRUE(revision) << text;
    EXPECT_GT(revision->value, last) << "not in write order: " << text;
    last = revision->value;
    EXPECT_EQ(collection.edge, !document.text("_from").empty());
    if (ascii) {
      EXPECT_TRUE(std::all_of(text.begin(), text.end(), [](char ch) { return ch > 0; }));
    }
  }
}

}  // namespace arango2pg::samples
