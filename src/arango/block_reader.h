/// \file
/// Cuts a file of lines into blocks, so that several lanes can share it and a reader can go on in
/// the middle.
#pragma once

#include <cstdint>
#include <stop_token>
#include <vector>

#include "arango/byte_stream.h"
#include "doc/batch.h"

namespace arango2pg::arango {

/// Block b is the lines whose first byte stands in [b, b+1) × `block_bytes` of the decompressed
/// file. A block may have no line (a long one crosses it). One thread at a time.
class BlockReader {
 public:
  static constexpr std::uint64_t block_bytes = 1U << 20;

  explicit BlockReader(ByteStream stream) : stream_(std::move(stream)) {}

  /// Block of the next line.
  [[nodiscard]] std::uint64_t block() const { return line_start_ / block_bytes; }
  /// Offset of the next line.
  [[nodiscard]] std::uint64_t offset() const { return line_start_; }
  /// True once the end of the file is known to be reached.
  [[nodiscard]] bool at_end() const { return ended_ && carry_.empty(); }

  /// Goes on with the first line of block `block` or of a later one. Never backwards.
  void skip_to_block(std::uint64_t block, const std::stop_token& stop);

  /// Appends the lines up to the end of block `last` to `out`, the last one with '\n' even if the
  /// file ends without.
  void read_lines(std::uint64_t last, doc::PaddedBuffer& out);

 private:
  ByteStream stream_;
  std::uint64_t line_start_ = 0;
  std::vector<char> carry_;  ///< bytes of the file from line_start_ on that are already read
  bool ended_ = false;       ///< nothing left in stream_
};

}  // namespace arango2pg::arango
