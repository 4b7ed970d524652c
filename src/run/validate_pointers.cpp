#include "run/validate_pointers.h"

#include <algorithm>

#include "doc/sketch.h"
#include "run/validate_paths.h"

namespace arango2pg::run {
namespace {

constexpr std::uint32_t no_key = ~std::uint32_t{0};
/// Keys that are kept while their reference may still be resolved.
constexpr std::size_t kept_per_place = 2000;

/// The same for keys that become the same UUID.
std::uint64_t id_hash(std::uint64_t collection, std::string_view key) {
  if (key.size() == 36)
    if (const auto uuid = Uuid::parse(key)) return doc::hash_bytes(uuid->text(), collection);
  return doc::hash_bytes(key, collection);
}

std::optional<std::string_view> text_of(const std::optional<doc::Value>& value,
                                        std::string& scratch) {
  if (!value || value->kind() != doc::Kind::string) return std::nullopt;
  return value->string(scratch);
}

}  // namespace

PointerPlaces::PointerPlaces(const RunPlan& plan, const std::vector<std::string>& there)
    : by_collection_(plan.plans.size()) {
  for (const std::string& name : there)
    if (!plan.index.contains(name)) not_read_.push_back(doc::hash_bytes(name));
  const auto add = [&](std::uint32_t collection, const std::string& path, const std::string& into) {
    std::string why;
    const auto parsed = mapping::Path::parse(path, why);
    if (!parsed || path.find("[]") != std::string::npos) return;
    for (const std::uint32_t known : by_collection_[collection])
      if (places_[known].path == *parsed) return;
    by_collection_[collection].push_back(static_cast<std::uint32_t>(places_.size()));
    places_.push_back({collection, path, *parsed, into});
  };
  for (std::uint32_t c = 0; c < plan.plans.size(); ++c) {
    hashes_.push_back(doc::hash_bytes(plan.collections[c].name));
    if (plan.collections[c].edge) {
      add(c, "_from", "");
      add(c, "_to", "");
    }
    for (const auto& use : plan.plans[c]->uses())
      if (use.word == "reference" && use.paths.size() == 1) add(c, use.paths[0], use.reference);
  }
}

bool PointerPlaces::complete(std::uint64_t collection_hash) const {
  return std::find(not_read_.begin(), not_read_.end(), collection_hash) == not_read_.end();
}

std::uint64_t PointerPlaces::id_of(std::uint32_t collection, const doc::Value& document) const {
  std::string scratch;
  const auto key = text_of(document.find("_key"), scratch);
  return key ? id_hash(hashes_[collection], *key) : 0;
}

void PointerPlaces::find(std::uint32_t collection, const doc::Value& document, std::uint32_t doc,
                         std::vector<Pointer>& out) const {
  std::string scratch;
  for (const std::uint32_t number : by_collection_[collection]) {
    const Place& place = places_[number];
    const auto text = text_of(place.path.find(document), scratch);
    if (!text || text->empty()) continue;
    const std::size_t slash = text->find('/');
    const std::string_view into =
        slash == std::string_view::npos ? std::string_view(place.into) : text->substr(0, slash);
    const std::uint64_t hash = doc::hash_bytes(into);
    // What is not read can't be missed.
    if (into.empty() || !complete(hash)) continue;
    const std::string_view key = slash == std::string_view::npos ? *text : text->substr(slash + 1);
    out.push_back({id_hash(hash, key), doc, number});
  }
}

void PointerCheck::add(const Mapped& batch) {
  if (gave_up_) return;
  if (there_.bytes_to_come() + pending_.size() * sizeof(Pending) > memory_) {
    gave_up_ = true;
    there_.clear();
    pending_ = {};
    return;
  }
  for (const std::uint64_t id : batch.ids)
    if (id != 0) there_.insert(id);
  kept_.resize(found_.size());
  for (const Pointer& p : batch.pointers) {
    ++found_[p.place].checked;
    if (there_.contains(p.id)) continue;
    std::uint32_t key = no_key;
    if (kept_[p.place]++ < kept_per_place) {
      key = static_cast<std::uint32_t>(keys_.size());
      keys_.push_back(doc::identity_of(batch.rows, p.doc).key);
    }
    pending_.push_back({p.id, p.place, key});
  }
}

void PointerCheck::settle() {
  for (const Pending& p : pending_) {
    if (there_.contains(p.id)) continue;
    Found& found = found_[p.place];
    ++found.dangling;
    if (p.key != no_key && found.keys.size() < most_keys) found.keys.push_back(keys_[p.key]);
  }
  pending_ = {};
}

void PointerCheck::report(std::uint32_t collection, ReportCollection& out) const {
  if (gave_up_) return;
  for (std::size_t i = 0; i < found_.size(); ++i) {
    const auto& place = places_.places()[i];
    if (place.collection != collection || found_[i].checked == 0) continue;
    ReportCollection::Dangling d;
    d.place = shown_text(place.name);
    d.checked = found_[i].checked;
    d.dangling = found_[i].dangling;
    for (const std::string& key : found_[i].keys) d.keys.push_back(shown_text(key));
    out.references.push_back(std::move(d));
  }
}

}  // namespace arango2pg::run
