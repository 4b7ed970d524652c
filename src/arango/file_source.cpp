#include "arango/file_source.h"

#include <algorithm>
#include <cmath>

#include "arango/block_reader.h"
#include "arango/stripe_reader.h"
#include "base/error.h"

namespace arango2pg::arango {
namespace {

/// Below this, cutting a file costs more than it gains.
constexpr std::uint64_t smallest_striped_file = 4U << 20;

const FileCollection& find(const FileCatalog& catalog, const std::string& name) {
  for (const auto& c : catalog.collections)
    if (c.info.name == name) return c;
  throw Error(Exit::source, "collection '" + name + "' is not in " + catalog.info.description,
              "The directory has changed; start over with --fresh.");
}

std::uint32_t find_file(const FileCollection& collection, const std::string& name) {
  for (std::uint32_t i = 0; i < collection.files.size(); ++i)
    if (collection.files[i].path.filename() == name) return i;
  throw Error(Exit::source,
              "file '" + name + "' of collection '" + collection.info.name + "' is gone",
              "The directory has changed; start over with --fresh.");
}

/// A collection without files (an empty one of a dump with split files): one part that ends at
/// once.
class EmptyReader final : public doc::Reader {
 public:
  explicit EmptyReader(std::vector<doc::PartTask> tasks) : tasks_(std::move(tasks)) {}
  std::optional<doc::DocBatch> next(const std::stop_token&) override {
    if (tasks_.empty()) return std::nullopt;
    doc::DocBatch batch;
    batch.collection = tasks_.back().collection;
    batch.part = tasks_.back().id;
    batch.last = true;
    tasks_.pop_back();
    return batch;
  }

 private:
  std::vector<doc::PartTask> tasks_;
};

}  // namespace

std::shared_ptr<const FileCatalog> FileSource::catalog() {
  const std::lock_guard lock(mutex_);
  if (!catalog_) catalog_ = std::make_shared<const FileCatalog>(scan_());
  return catalog_;
}

std::shared_ptr<const Removals> FileSource::removals(const FileCollection& collection,
                                                     const std::stop_token& stop) {
  if (!collection.may_be_enveloped) return std::make_shared<const Removals>();
  KnownRemovals* known = nullptr;
  {
    const std::lock_guard lock(mutex_);
    known = &removals_[collection.info.name];
  }
  const std::lock_guard lock(known->mutex);
  if (known->removals) return known->removals;
  auto scanned = std::make_shared<const Removals>(Removals::scan(collection, stop));
  if (!stop.stop_requested()) known->removals = scanned;
  return scanned;
}

std::vector<doc::CollectionInfo> FileSource::collections() {
  std::vector<doc::CollectionInfo> out;
  for (const auto& c : catalog()->collections) out.push_back(c.info);
  return out;
}

std::vector<doc::PartSpec> FileSource::split(const doc::CollectionInfo& collection,
                                             const doc::SplitOptions& options) {
  const auto files = catalog();
  const FileCollection& c = find(*files, collection.name);
  std::vector<doc::PartSpec> parts;
  const auto count = static_cast<std::uint32_t>(c.files.size());
  std::uint64_t total = 0;
  for (const DataFile& file : c.files) total += file.bytes;
  for (std::uint32_t i = 0; i < count; ++i) {
    const DataFile& file = c.files[i];
    StripeSpec spec;
    spec.file = file.path.filename().string();
    // Several files are read side by side already; one that is much larger than the others must
    // not be left to one lane. More stripes than blocks would be empty.
    if (file.bytes >= smallest_striped_file) {
      const double share = static_cast<double>(file.bytes) / static_cast<double>(total);
      const std::uint64_t stripes = std::min<std::uint64_t>(
          {options.lanes, static_cast<std::uint64_t>(std::ceil(2 * options.lanes * share)),
           file.bytes / BlockReader::block_bytes, UINT32_MAX});
      spec.stripes = static_cast<std::uint32_t>(std::max<std::uint64_t>(stripes, 1));
    }
    for (spec.stripe = 0; spec.stripe < spec.stripes; ++spec.stripe) {
      doc::PartSpec part;
      part.collection = collection.name;
      part.stream = i;
      part.kind = "stripe";
      part.spec = spec.json();
      part.bytes = file.bytes / spec.stripes;
      parts.push_back(std::move(part));
    }
  }
  if (parts.empty()) {
    doc::PartSpec nothing;
    nothing.collection = collection.name;
    nothing.kind = "stripe";
    nothing.spec = "{}";
    parts.push_back(std::move(nothing));
  }
  return parts;
}

std::unique_ptr<doc::Reader> FileSource::open(std::vector<doc::PartTask> parts,
                                              ByteBudget& budget) {
  const auto files = catalog();
  const FileCollection& collection = find(*files, parts.at(0).spec.collection);
  if (parts[0].spec.spec == "{}") return std::make_unique<EmptyReader>(std::move(parts));
  const std::uint32_t file = find_file(collection, StripeSpec::parse(parts[0].spec.spec).file);
  return std::make_unique<StripeReader>(
      files, collection, file, std::move(parts),
      [this, &collection](const std::stop_token& stop) { return removals(collection, stop); },
      budget);
}

doc::SourceDetails FileSource::details() {
  const auto files = catalog();
  doc::SourceDetails out = files->details;
  const auto graphs = std::find_if(files->collections.begin(), files->collections.end(),
                                   [](const auto& c) { return c.info.name == "_graphs"; });
  if (graphs == files->collections.end()) {
    if (files->info.kind == "dump")
      out.unknown.emplace_back(
          "named graphs: the dump was made without --include-system-collections");
    return out;
  }
  ByteBudget budget(64U << 20U);
  std::vector<doc::PartTask> parts;
  for (auto& spec : split(graphs->info, {})) parts.push_back({0, 0, std::move(spec), ""});
  const auto reader = open(std::move(parts), budget);
  while (const auto batch = reader->next({}))
    for (std::size_t i = 0; i < batch->docs.size(); ++i)
      out.graphs.emplace_back(batch->document(i));
  return out;
}

}  // namespace arango2pg::arango
