#include "arango/block_reader.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "base/error.h"

namespace arango2pg::arango {
namespace {

/// Read behind a block's end to find the end of its last line: documents are mostly smaller.
constexpr std::size_t slack = 32U << 10;

}  // namespace

void BlockReader::skip_to_block(std::uint64_t block, const std::stop_token& stop) {
  const std::uint64_t begin = block * block_bytes;
  if (line_start_ >= begin) return;
  // A line begins behind the first '\n' from here on: the byte before the block may be one.
  const std::uint64_t target = begin - 1;
  std::array<char, slack> chunk;
  std::string_view have(carry_.data(), carry_.size());
  if (target < line_start_ + carry_.size()) {
    have.remove_prefix(static_cast<std::size_t>(target - line_start_));
  } else {
    stream_.skip_to(target, stop);
    have = {};
  }
  while (!stop.stop_requested()) {
    if (const std::size_t newline = have.find('\n'); newline != std::string_view::npos) {
      have.remove_prefix(newline + 1);
      line_start_ = stream_.position() - have.size();
      carry_ = std::vector<char>(have.begin(), have.end());
      return;
    }
    const std::size_t n = stream_.read(chunk.data(), chunk.size());
    have = {chunk.data(), n};
    if (n > 0) continue;
    ended_ = true;
    carry_.clear();
    line_start_ = stream_.position();
    return;
  }
}

void BlockReader::read_lines(std::uint64_t last, doc::PaddedBuffer& out) {
  const std::size_t base = out.size();
  const std::uint64_t end = (last + 1) * block_bytes;
  // The last line ends with the first '\n' at or behind the last byte of the blocks.
  std::size_t searched = base + static_cast<std::size_t>(end - 1 - line_start_);
  std::size_t want = searched + 1 + slack;
  out.reserve(want);
  out.append({carry_.data(), carry_.size()});
  carry_.clear();
  for (;;) {
    if (out.size() < want && !ended_) {
      if (want > 0xFFFFFFFFU)
        throw Error(Exit::source, "a line is longer than 4 GiB",
                    "Such a file is not made by arangodump or arangoexport.");
      const std::size_t begin = out.size();
      out.reserve(want);
      const std::size_t n = stream_.read(out.data() + begin, want - begin);
      out.resize(begin + n);
      ended_ = n < want - begin;
    }
    const std::size_t newline =
        searched < out.size() ? out.view().find('\n', searched) : std::string_view::npos;
    if (newline != std::string_view::npos) {
      const std::string_view rest = out.view().substr(newline + 1);
      carry_.assign(rest.begin(), rest.end());
      out.resize(newline + 1);
      break;
    }
    if (ended_) break;
    searched = std::max(searched, out.size());
    want = std::max(want + slack, base + (want - base) * 3 / 2);
  }
  line_start_ += out.size() - base;
  if (ended_ && carry_.empty() && out.size() > base && out.view().back() != '\n') out.append("\n");
}

}  // namespace arango2pg::arango
