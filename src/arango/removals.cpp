#include "arango/removals.h"

#include <vector>

#include "arango/block_reader.h"
#include "arango/envelope.h"
#include "doc/json.h"

namespace arango2pg::arango {
namespace {

/// Calls `visit(line, offset)` for the lines of a file, at most `blocks` blocks of them.
template <class Visit>
void each_line(const DataFile& file, std::uint64_t blocks, const std::stop_token& stop,
               Visit&& visit) {
  BlockReader reader(ByteStream(file.path, file.size));
  doc::PaddedBuffer bytes;
  std::vector<doc::DocRef> lines;
  for (std::uint64_t i = 0; i < blocks && !reader.at_end() && !stop.stop_requested(); ++i) {
    bytes.clear();
    lines.clear();
    const std::uint64_t begin = reader.offset();
    reader.read_lines(reader.block(), bytes);
    doc::split_lines(bytes.view(), 0, lines);
    for (const auto& line : lines)
      visit(bytes.view().substr(line.begin, line.size), begin + line.begin);
  }
}

bool begins_enveloped(const DataFile& file, const std::stop_token& stop) {
  bool found = false;
  each_line(file, 1, stop, [&](std::string_view line, std::uint64_t) {
    found = found || read_dump_line(line).form != DumpLine::Form::bare;
  });
  return found;
}

}  // namespace

Removals Removals::scan(const FileCollection& collection, const std::stop_token& stop) {
  Removals out;
  bool enveloped = false;
  for (const auto& file : collection.files) enveloped = enveloped || begins_enveloped(file, stop);
  if (!enveloped) return out;
  for (std::uint32_t i = 0; i < collection.files.size(); ++i)
    each_line(collection.files[i], UINT64_MAX, stop,
              [&](std::string_view line, std::uint64_t offset) {
                // Cheap to rule out; a document that holds these digits is looked at in vain.
                if (line.find("2302") == std::string_view::npos) return;
                const DumpLine read = read_dump_line(line);
                if (read.form == DumpLine::Form::removal)
                  out.last_[std::string(read.key)] = {i, offset};
              });
  out.scanned_ = true;
  return out;
}

bool Removals::remove(std::string_view key, const LinePlace& place) const {
  if (last_.empty()) return false;
  const auto it = last_.find(std::string(key));
  return it != last_.end() && place < it->second;
}

}  // namespace arango2pg::arango
