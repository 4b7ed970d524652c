#include "fake_arango/documents.h"

#include <algorithm>

namespace fake_arango {
namespace {

// A write copies one chunk, a scan looks up one per chunk: 64 documents or 128 KiB serve both.
constexpr std::size_t chunk_documents = 64;
constexpr std::size_t chunk_bytes = 128U << 10;

}  // namespace

void Chunk::add(const StoredDocument& d) {
  entries.push_back({d.rev, d.sequence, static_cast<std::uint32_t>(texts.size()),
                     static_cast<std::uint32_t>(d.text.size()),
                     static_cast<std::uint32_t>(keys.size()),
                     static_cast<std::uint32_t>(d.key.size())});
  texts += d.text;
  keys += d.key;
}

void Chunk::copy(const Chunk& from, std::size_t index) {
  Entry e = from.entries[index];
  e.text_at = static_cast<std::uint32_t>(texts.size());
  e.key_at = static_cast<std::uint32_t>(keys.size());
  texts += from.text(index);
  keys += from.key(index);
  entries.push_back(e);
}

bool Chunk::full() const {
  return entries.size() >= chunk_documents || texts.size() >= chunk_bytes;
}

// The last chunk that begins at or before `key`, or the first.
std::size_t ShardData::chunk_of(std::string_view key) const {
  const auto behind = std::upper_bound(
      chunks.begin(), chunks.end(), key,
      [](std::string_view k, const std::shared_ptr<const Chunk>& c) { return k < c->key(0); });
  return behind == chunks.begin() ? 0 : static_cast<std::size_t>(behind - chunks.begin()) - 1;
}

ShardData::Position ShardData::seek(std::string_view key, bool inclusive) const {
  if (chunks.empty()) return end();
  const std::size_t c = chunk_of(key);
  const Chunk& chunk = *chunks[c];
  const auto before = [&](const Chunk::Entry& e) {
    const std::string_view k = std::string_view(chunk.keys).substr(e.key_at, e.key_size);
    return inclusive ? k < key : k <= key;
  };
  const auto it = std::partition_point(chunk.entries.begin(), chunk.entries.end(), before);
  if (it == chunk.entries.end()) return {c + 1, 0};
  return {c, static_cast<std::size_t>(it - chunk.entries.begin())};
}

void ShardData::forward(Position& p) const {
  if (++p.index < chunks[p.chunk]->entries.size()) return;
  ++p.chunk;
  p.index = 0;
}

void ShardData::back(Position& p) const {
  if (p.index == 0) {
    --p.chunk;
    p.index = chunks[p.chunk]->entries.size();
  }
  --p.index;
}

std::optional<ShardData::Position> ShardData::find(std::string_view key) const {
  const Position p = seek(key, true);
  if (at_end(p) || chunks[p.chunk]->key(p.index) != key) return std::nullopt;
  return p;
}

bool ShardData::put(const StoredDocument& d) {
  const auto old = find(d.key);
  auto fresh = std::make_shared<Chunk>();
  if (chunks.empty()) {
    fresh->add(d);
    chunks.push_back(std::move(fresh));
    count = 1;
    bytes = d.text.size();
    return true;
  }
  const std::size_t c = old ? old->chunk : chunk_of(d.key);
  const Chunk& chunk = *chunks[c];
  if (old) bytes -= chunk.entries[old->index].text_size;
  bytes += d.text.size();
  count += old ? 0U : 1U;
  if (!old && chunk.full() && d.key > chunk.key(chunk.entries.size() - 1)) {
    // Growing keys fill chunk after chunk instead of halving the last one again and again.
    fresh->add(d);
    chunks.insert(chunks.begin() + static_cast<std::ptrdiff_t>(c) + 1, std::move(fresh));
    return true;
  }
  std::vector<std::shared_ptr<const Chunk>> replacement;
  const bool split = chunk.full() && chunk.entries.size() > 1;
  bool placed = false;
  for (std::size_t i = 0; i < chunk.entries.size(); ++i) {
    if (split && i == chunk.entries.size() / 2) {
      replacement.push_back(std::move(fresh));
      fresh = std::make_shared<Chunk>();
    }
    if (!placed && chunk.key(i) >= d.key) {
      fresh->add(d);
      placed = true;
    }
    if (!(old && i == old->index)) fresh->copy(chunk, i);
  }
  if (!placed) fresh->add(d);
  replacement.push_back(std::move(fresh));
  std::erase_if(replacement, [](const auto& r) { return r->entries.empty(); });
  chunks[c] = replacement.front();
  if (replacement.size() > 1)
    chunks.insert(chunks.begin() + static_cast<std::ptrdiff_t>(c) + 1, replacement[1]);
  return !old;
}

bool ShardData::remove(std::string_view key) {
  const auto old = find(key);
  if (!old) return false;
  const Chunk& chunk = *chunks[old->chunk];
  bytes -= chunk.entries[old->index].text_size;
  --count;
  auto fresh = std::make_shared<Chunk>();
  for (std::size_t i = 0; i < chunk.entries.size(); ++i)
    if (i != old->index) fresh->copy(chunk, i);
  if (fresh->entries.empty())
    chunks.erase(chunks.begin() + static_cast<std::ptrdiff_t>(old->chunk));
  else
    chunks[old->chunk] = std::move(fresh);
  return true;
}

void ShardData::merge(std::vector<StoredDocument> sorted) {
  if (sorted.empty()) return;
  std::vector<std::shared_ptr<const Chunk>> result;
  auto open = std::make_shared<Chunk>();
  const auto close_if_full = [&] {
    if (!open->full()) return;
    result.push_back(std::move(open));
    open = std::make_shared<Chunk>();
  };
  Position p = begin();
  const auto copy_one = [&] {
    open->copy(*chunks[p.chunk], p.index);
    forward(p);
    close_if_full();
  };
  for (StoredDocument& d : sorted) {
    while (!at_end(p) && chunks[p.chunk]->key(p.index) < d.key) {
      const Chunk& chunk = *chunks[p.chunk];
      if (p.index == 0 && open->entries.empty() && chunk.key(chunk.entries.size() - 1) < d.key)
        result.push_back(chunks[p.chunk++]);  // as it is
      else
        copy_one();
    }
    open->add(d);
    count += 1;
    bytes += d.text.size();
    std::string().swap(d.text);  // 5 million documents must not be held twice
    close_if_full();
  }
  while (!at_end(p) && (p.index != 0 || !open->entries.empty())) copy_one();
  for (; p.chunk < chunks.size(); ++p.chunk) result.push_back(chunks[p.chunk]);
  if (!open->entries.empty()) result.push_back(std::move(open));
  chunks = std::move(result);
}

}  // namespace fake_arango
