#include "arango/byte_stream.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"

namespace arango2pg::arango {
namespace {

/// 256 KiB: one system call for about 1 MiB of documents; larger ones measured no faster.
constexpr std::size_t input_bytes = 256U << 10;

/// zlib's numbers: the largest window, plus 16 for a gzip header.
constexpr int gzip_window = 15 + 16;

[[noreturn]] void fail(const std::filesystem::path& file, const std::string& why,
                       std::string hint = {}) {
  throw Error(Exit::source, "cannot read '" + file.string() + "': " + why, std::move(hint));
}

class Descriptor {
 public:
  explicit Descriptor(const std::filesystem::path& file)
      : fd_(open(file.c_str(), O_RDONLY | O_CLOEXEC)) {
    if (fd_ < 0) fail(file, std::strerror(errno));
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() { close(fd_); }
  [[nodiscard]] int get() const { return fd_; }

 private:
  int fd_;
};

}  // namespace

struct ByteStream::Impl {
  Impl(std::filesystem::path path, std::uint64_t expected_size);
  ~Impl() {
    if (gzip) inflateEnd(&z);
  }

  std::size_t read_file(char* out, std::size_t size);
  std::size_t inflate_some(char* out, std::size_t size);
  bool refill();

  std::filesystem::path file;
  Descriptor fd;
  std::uint64_t position = 0;
  bool gzip = false;
  z_stream z{};
  std::vector<char> input;
  bool in_member = false;  ///< inside a gzip member: the file must not end here
};

ByteStream::Impl::Impl(std::filesystem::path path, std::uint64_t expected_size)
    : file(std::move(path)), fd(file) {
  struct stat info {};
  if (fstat(fd.get(), &info) != 0) fail(file, std::strerror(errno));
  if (static_cast<std::uint64_t>(info.st_size) != expected_size)
    fail(file, "its size has changed under the run",
         "Don't write to the directory while it is read; start over with --fresh.");
  unsigned char magic[2] = {};
  gzip = pread(fd.get(), magic, 2, 0) == 2 && magic[0] == 0x1f && magic[1] == 0x8b;
  if (!gzip && file.extension() == ".gz")
    fail(file, "it is no gzip file", "It may be cut off or encrypted; make the dump again.");
  posix_fadvise(fd.get(), 0, 0, POSIX_FADV_SEQUENTIAL);
  if (!gzip) return;
  input.resize(input_bytes);
  if (inflateInit2(&z, gzip_window) != Z_OK) throw std::bad_alloc();
  in_member = true;
}

std::size_t ByteStream::Impl::read_file(char* out, std::size_t size) {
  std::size_t done = 0;
  while (done < size) {
    const ssize_t n = ::read(fd.get(), out + done, size - done);
    if (n == 0) break;
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail(file, std::strerror(errno));
    done += static_cast<std::size_t>(n);
  }
  return done;
}

/// False at the end of the file.
bool ByteStream::Impl::refill() {
  if (z.avail_in > 0) return true;
  z.avail_in = static_cast<uInt>(read_file(input.data(), input.size()));
  z.next_in = reinterpret_cast<Bytef*>(input.data());
  return z.avail_in > 0;
}

std::size_t ByteStream::Impl::inflate_some(char* out, std::size_t size) {
  std::size_t done = 0;
  while (done < size) {
    if (!refill()) {
      if (in_member)
        fail(file, "it is cut off in the middle of its gzip stream",
             "The dump was interrupted or copied in part; make or copy it again.");
      break;
    }
    if (!in_member) {  // members may follow each other: `cat a.gz b.gz`
      inflateReset(&z);
      in_member = true;
    }
    const std::size_t step = std::min<std::size_t>(size - done, 1U << 30);
    z.next_out = reinterpret_cast<Bytef*>(out + done);
    z.avail_out = static_cast<uInt>(step);
    const int result = inflate(&z, Z_NO_FLUSH);
    done += step - z.avail_out;
    if (result == Z_STREAM_END) {
      in_member = false;
    } else if (result != Z_OK && result != Z_BUF_ERROR) {
      fail(file, "its gzip stream is damaged", "Copy or make the file again.");
    }
  }
  return done;
}

ByteStream::ByteStream(std::filesystem::path file, std::uint64_t expected_size)
    : impl_(std::make_unique<Impl>(std::move(file), expected_size)) {}
ByteStream::~ByteStream() = default;
ByteStream::ByteStream(ByteStream&&) noexcept = default;
ByteStream& ByteStream::operator=(ByteStream&&) noexcept = default;

std::uint64_t ByteStream::position() const { return impl_->position; }

std::size_t ByteStream::read(char* out, std::size_t size) {
  const std::size_t n = impl_->gzip ? impl_->inflate_some(out, size) : impl_->read_file(out, size);
  impl_->position += n;
  return n;
}

void ByteStream::skip_to(std::uint64_t offset, const std::stop_token& stop) {
  if (offset <= impl_->position) return;
  if (!impl_->gzip) {
    const off_t at = lseek(impl_->fd.get(), static_cast<off_t>(offset), SEEK_SET);
    if (at < 0) fail(impl_->file, std::strerror(errno));
    impl_->position = offset;
    return;
  }
  std::vector<char> discarded(input_bytes);
  while (impl_->position < offset && !stop.stop_requested()) {
    const std::uint64_t left = offset - impl_->position;
    const std::size_t step =
        static_cast<std::size_t>(std::min<std::uint64_t>(left, discarded.size()));
    if (read(discarded.data(), step) < step) return;
  }
}

std::uint64_t estimated_size(const std::filesystem::path& file, std::uint64_t size_on_disk) {
  const Descriptor fd(file);
  unsigned char magic[2] = {}, trailer[4] = {};
  if (size_on_disk < 20 || pread(fd.get(), magic, 2, 0) != 2 || magic[0] != 0x1f ||
      magic[1] != 0x8b || pread(fd.get(), trailer, 4, static_cast<off_t>(size_on_disk - 4)) != 4)
    return size_on_disk;
  std::uint64_t size = trailer[0] | (std::uint64_t{trailer[1]} << 8) |
                       (std::uint64_t{trailer[2]} << 16) | (std::uint64_t{trailer[3]} << 24);
  // JSON text never compresses to more than itself, so a smaller number has wrapped around.
  while (size_on_disk > 64 && size < size_on_disk) size += std::uint64_t{1} << 32;
  return size;
}

}  // namespace arango2pg::arango
