/// \file
/// A file's bytes from beginning to end, decompressed if it is gzip.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <stop_token>

namespace arango2pg::arango {

/// Offsets count decompressed bytes. Whether a file is gzip is seen from its first bytes, not from
/// its name. Throws Error(source) naming the file: unreadable, cut off, damaged, or not of
/// `expected_size` bytes on disk any more. One thread at a time.
class ByteStream {
 public:
  ByteStream(std::filesystem::path file, std::uint64_t expected_size);
  ~ByteStream();
  ByteStream(ByteStream&&) noexcept;
  ByteStream& operator=(ByteStream&&) noexcept;

  /// Up to `size` bytes; fewer only at the end of the file.
  std::size_t read(char* out, std::size_t size);
  /// Goes forward to `offset` (or the end of the file): a seek, or for gzip reading on. Stops
  /// anywhere before if `stop` is requested.
  void skip_to(std::uint64_t offset, const std::stop_token& stop);
  [[nodiscard]] std::uint64_t position() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Decompressed size as far as it can be told without reading: of gzip from its trailer, which
/// counts modulo 4 GiB.
std::uint64_t estimated_size(const std::filesystem::path& file, std::uint64_t size_on_disk);

}  // namespace arango2pg::arango
