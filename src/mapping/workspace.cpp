#include "mapping/workspace.h"

#include <algorithm>
#include <cstring>

#include "base/error.h"

namespace arango2pg::mapping {
namespace {

/// Most documents need less; larger texts get a block of their own.
constexpr std::size_t block_size = 64 * 1024;
/// Blocks beyond this are given back at the next document, so one giant does not stay for ever.
constexpr std::size_t keep_at_most = 4 * 1024 * 1024;

}  // namespace

std::string_view Arena::keep(std::string_view text) {
  const std::size_t need = text.size() + doc::PaddedBuffer::padding;
  while (block_ < blocks_.size() && blocks_[block_].size - used_ < need) {
    ++block_;
    used_ = 0;
  }
  if (block_ == blocks_.size()) {
    const std::size_t size = std::max(need, block_size);
    blocks_.push_back({std::make_unique<char[]>(size), size});
    used_ = 0;
  }
  char* at = blocks_[block_].bytes.get() + used_;
  if (!text.empty()) std::memcpy(at, text.data(), text.size());
  used_ += need;
  return {at, text.size()};
}

void Arena::reset() {
  std::size_t held = 0;
  const auto beyond = std::find_if(blocks_.begin(), blocks_.end(),
                                   [&](const Block& b) { return (held += b.size) > keep_at_most; });
  blocks_.erase(beyond, blocks_.end());
  block_ = 0;
  used_ = 0;
}

void Workspace::next_document() {
  arena.reset();
  elements.clear();
  parsed_used_ = 0;
  used.clear();
  identity = {};
}

Frame& Workspace::frame(std::size_t depth) {
  while (frames_.size() <= depth) frames_.push_back(std::make_unique<Frame>());
  return *frames_[depth];
}

std::vector<Cell>& Workspace::row(std::size_t depth) {
  while (rows_.size() <= depth) rows_.push_back(std::make_unique<std::vector<Cell>>());
  return *rows_[depth];
}

std::optional<doc::Value> Workspace::parse(std::string_view json, std::string_view& rule) {
  if (parsed_used_ == parsed_.size()) parsed_.push_back(std::make_unique<doc::Document>());
  doc::Document& d = *parsed_[parsed_used_++];
  if (const auto error = d.parse(arena.keep(json))) {
    rule = error->rule;
    return std::nullopt;
  }
  return d.root();
}

std::string& Workspace::take_buffer() {
  if (buffers_used_ == buffers_.size()) buffers_.push_back(std::make_unique<std::string>());
  std::string& buffer = *buffers_[buffers_used_++];
  buffer.clear();
  return buffer;
}

Scratch::Scratch(RunId run) : impl_(std::make_unique<Impl>(run)) {}
Scratch::~Scratch() = default;
Scratch::Scratch(Scratch&&) noexcept = default;

}  // namespace arango2pg::mapping
