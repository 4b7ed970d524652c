#include "arango/stripe_reader.h"

#include <algorithm>
#include <charconv>
#include <string_view>
#include <utility>

#include "arango/envelope.h"
#include "arango/raw_json.h"
#include "base/error.h"
#include "doc/json.h"

namespace arango2pg::arango {
namespace {

/// 4 MiB: with one stripe neighbouring blocks may share a batch; more makes lanes wait longer.
constexpr std::uint64_t most_blocks_per_batch = 4;

[[noreturn]] void bad_part(const std::string& what) {
  throw Error(Exit::source, "stored part of a file can't be read: " + what,
              "The control schema was written by another version; start over with --fresh.");
}

std::uint64_t number(std::string_view text, const char* what) {
  std::uint64_t n = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (error != std::errc() || end != text.data() + text.size()) bad_part(what);
  return n;
}

void refuse_utf16(const DataFile& file, std::string_view bytes) {
  if (bytes.starts_with("\xFF\xFE") || bytes.starts_with("\xFE\xFF"))
    throw Error(Exit::source, "cannot read '" + file.path.string() + "': it is UTF-16, not UTF-8",
                "Convert it first: iconv -f UTF-16 -t UTF-8.");
}

}  // namespace

std::string StripeSpec::json() const {
  std::string out = "{\"file\":";
  doc::append_json_string(out, file);
  return out + ",\"stripe\":" + std::to_string(stripe) + ",\"stripes\":" + std::to_string(stripes) +
         "}";
}

StripeSpec StripeSpec::parse(const std::string& json) {
  doc::PaddedBuffer text;
  text.append(json);
  doc::Document document;
  if (document.parse(text.view())) bad_part("its specification is no JSON");
  const auto file = document.root().find("file");
  const auto stripe = document.root().find("stripe");
  const auto stripes = document.root().find("stripes");
  if (!file || !stripe || !stripes) bad_part("its specification is incomplete");
  StripeSpec out;
  std::string scratch;
  out.file = file->string(scratch);
  out.stripe = static_cast<std::uint32_t>(number(stripe->raw(), "stripe"));
  out.stripes = static_cast<std::uint32_t>(number(stripes->raw(), "stripes"));
  if (out.stripe >= out.stripes) bad_part("stripe out of range");
  return out;
}

StripeReader::StripeReader(std::shared_ptr<const FileCatalog> catalog,
                           const FileCollection& collection, std::uint32_t file,
                           std::vector<doc::PartTask> tasks, FindRemovals find_removals,
                           ByteBudget& budget)
    : catalog_(std::move(catalog)),
      collection_(collection),
      file_(file),
      find_removals_(std::move(find_removals)),
      budget_(budget),
      blocks_(ByteStream(collection.files.at(file).path, collection.files.at(file).size)) {
  for (auto& task : tasks) {
    const StripeSpec spec = StripeSpec::parse(task.spec.spec);
    Stripe stripe;
    stripe.number = spec.stripe;
    stripes_count_ = spec.stripes;
    if (!task.position.empty()) stripe.next_block = number(task.position, "position");
    stripe.task = std::move(task);
    stripes_.push_back(std::move(stripe));
  }
  if (stripes_count_ == 1)
    blocks_per_batch_ = std::clamp<std::uint64_t>(budget.limit() / 8 / BlockReader::block_bytes, 1,
                                                  most_blocks_per_batch);
}

StripeReader::Stripe* StripeReader::find(std::uint64_t block) {
  for (auto& s : stripes_)
    if (s.number == block % stripes_count_ && s.next_block <= block) return &s;
  return nullptr;
}

/// The first block from `from` on that one of our stripes still has to read.
std::uint64_t StripeReader::next_wanted(std::uint64_t from) const {
  std::uint64_t nearest = UINT64_MAX;
  for (const auto& s : stripes_) {
    std::uint64_t block = std::max(from, s.next_block);
    block += (s.number + stripes_count_ - block % stripes_count_) % stripes_count_;
    nearest = std::min(nearest, block);
  }
  return nearest;
}

doc::DocBatch StripeReader::batch_of(Stripe& stripe) {
  doc::DocBatch batch;
  batch.collection = stripe.task.collection;
  batch.part = stripe.task.id;
  batch.seq = stripe.seq++;
  batch.position_after = std::to_string(stripe.next_block);
  return batch;
}

std::optional<doc::DocBatch> StripeReader::end_of_a_stripe() {
  for (auto& s : stripes_) {
    if (s.ended) continue;
    s.ended = true;
    doc::DocBatch batch = batch_of(s);
    batch.last = true;
    return batch;
  }
  return std::nullopt;
}

std::optional<doc::DocBatch> StripeReader::next(const std::stop_token& stop) {
  if (!removals_) removals_ = find_removals_(stop);
  while (!stop.stop_requested()) {
    if (blocks_.at_end()) return end_of_a_stripe();
    Stripe* stripe = find(blocks_.block());
    if (stripe == nullptr) {
      blocks_.skip_to_block(next_wanted(blocks_.block()), stop);
      continue;
    }
    Lease lease = budget_.acquire(blocks_per_batch_ * BlockReader::block_bytes, stop);
    if (stop.stop_requested()) break;
    doc::DocBatch batch = batch_of(*stripe);
    batch.lease = std::move(lease);
    read_blocks(batch, *stripe);
    batch.lease.resize(batch.bytes.capacity() + batch.docs.capacity() * sizeof(doc::DocRef));
    batch.last = stripe->ended;
    if (batch.docs.empty() && batch.skipped == 0 && !batch.last) {
      --stripe->seq;
      continue;
    }
    return batch;
  }
  return std::nullopt;
}

void StripeReader::read_blocks(doc::DocBatch& batch, Stripe& stripe) {
  const std::uint64_t first = blocks_.block();
  const std::uint64_t last = first + blocks_per_batch_ - 1;
  const std::uint64_t begin = blocks_.offset();
  blocks_.read_lines(last, batch.bytes);
  std::size_t skip = 0;
  if (begin == 0) {
    refuse_utf16(collection_.files[file_], batch.bytes.view());
    if (batch.bytes.view().starts_with("\xEF\xBB\xBF")) skip = 3;
  }
  doc::split_lines(batch.bytes.view(), skip, batch.docs);
  if (collection_.may_be_enveloped) unwrap(batch, begin);
  stripe.next_block = last + 1;
  stripe.ended = blocks_.at_end();
  batch.position_after = std::to_string(stripe.next_block);
}

/// Points documents at what is inside their envelopes and drops those that a later marker removes.
void StripeReader::unwrap(doc::DocBatch& batch, std::uint64_t begin) const {
  std::size_t kept = 0;
  for (const doc::DocRef line : batch.docs) {
    const std::string_view text = batch.bytes.view().substr(line.begin, line.size);
    const DumpLine read = read_dump_line(text);
    if (read.form == DumpLine::Form::removal && removals_->scanned()) {
      ++batch.skipped;
      continue;
    }
    doc::DocRef ref = line;
    if (read.form == DumpLine::Form::document) {
      ref.begin += static_cast<std::uint32_t>(read.data.data() - text.data());
      ref.size = static_cast<std::uint32_t>(read.data.size());
    }
    if (!removals_->empty() && read.form != DumpLine::Form::removal) {
      const std::string_view document = batch.bytes.view().substr(ref.begin, ref.size);
      const auto key = read.key.empty() ? plain_string_member(document, "_key") : read.key;
      if (key && removals_->remove(*key, {file_, begin + line.begin})) {
        ++batch.skipped;
        continue;
      }
    }
    if (const std::string whole = completed(read); !whole.empty()) {
      ref.begin = static_cast<std::uint32_t>(batch.bytes.size());
      ref.size = static_cast<std::uint32_t>(whole.size());
      batch.bytes.append(whole);
    }
    batch.docs[kept++] = ref;
  }
  batch.docs.resize(kept);
}

}  // namespace arango2pg::arango
