#include "doc/profile.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>

#include "doc/escapes.h"
#include "doc/number_literal.h"

namespace arango2pg::doc {
namespace {

/// So many paths may be there beside the limit, for what objects with too many members need.
constexpr std::size_t overflow_factor = 2;
/// An object with fewer members is not worth collapsing.
constexpr std::size_t smallest_map = 8;

/// Digits without the zeros that don't count, and the power of ten of the first one.
struct Significant {
  std::string digits;
  std::int64_t power = 0;
  friend bool operator==(const Significant&, const Significant&) = default;
};

Significant significant(const NumberLiteral& n) {
  Significant out;
  out.digits = std::string(n.integer) + std::string(n.fraction);
  out.power = n.exponent + static_cast<std::int64_t>(n.integer.size());
  const std::size_t first = std::min(out.digits.find_first_not_of('0'), out.digits.size());
  out.digits.erase(0, first);
  out.power -= static_cast<std::int64_t>(first);
  while (!out.digits.empty() && out.digits.back() == '0') out.digits.pop_back();
  if (out.digits.empty()) out.power = 0;
  return out;
}

/// True if reading the literal as a Float and printing that (as PostgreSQL does, in the shortest
/// form that means the same Float) gives the same number.
template <class Float>
bool survives(std::string_view literal, const Significant& exact) {
  Float value = 0;
  if (std::from_chars(literal.data(), literal.data() + literal.size(), value).ec != std::errc())
    return false;
  char text[64];
  const auto printed =
      std::to_chars(text, text + sizeof text, value, std::chars_format::scientific);
  const auto again = NumberLiteral::parse({text, printed.ptr});
  if (again && significant(*again) == exact) return true;
  // 2^63 is a double, although its shortest form is another number.
  char whole[400];
  const int size = std::snprintf(whole, sizeof whole, "%.0f", static_cast<double>(value));
  const auto same = NumberLiteral::parse({whole, static_cast<std::size_t>(size)});
  return exact.power > static_cast<std::int64_t>(exact.digits.size()) - 1 && same &&
         significant(*same) == exact;
}

bool beyond_int8(const Significant& whole) {
  if (whole.power != 19) return whole.power > 19;
  std::string digits = whole.digits;
  digits.resize(19, '0');
  return digits > "9223372036854775807";
}

/// Value::raw(), inlined: this is asked for each token.
std::string_view token(const Document& document, const Node& node) {
  return {document.text().data() + node.begin, node.size};
}

void at_most(std::uint32_t& most, std::int64_t digits) {
  if (digits > static_cast<std::int64_t>(most)) most = static_cast<std::uint32_t>(digits);
}

/// Whole numbers of up to 18 digits: nearly all there are.
bool short_integer(PathStats& stats, std::string_view literal, double& value) {
  const bool negative = literal[0] == '-';
  const std::size_t digits = literal.size() - (negative ? 1 : 0);
  if (digits > 18) return false;
  std::int64_t v = 0;
  for (std::size_t i = negative ? 1 : 0; i < literal.size(); ++i) v = v * 10 + (literal[i] - '0');
  if (negative) v = -v;
  at_most(stats.integer_digits, static_cast<std::int64_t>(digits));
  if (v > INT32_MAX || v < INT32_MIN) ++stats.beyond_int4;
  value = static_cast<double>(v);
  // Whole numbers up to 2^53 and 2^24 are exact; beyond, only some.
  constexpr std::int64_t exact_float8 = std::int64_t{1} << 53, exact_float4 = 1 << 24;
  if (std::abs(v) > exact_float4 && static_cast<double>(static_cast<float>(v)) != value)
    ++stats.beyond_float4;
  if (std::abs(v) > exact_float8 && static_cast<std::int64_t>(value) != v) ++stats.beyond_float8;
  return true;
}

void long_number(PathStats& stats, std::string_view literal, bool fraction, double& value) {
  const auto n = NumberLiteral::parse(literal);
  if (!n) return;
  const Significant exact = significant(*n);
  const auto digits = static_cast<std::int64_t>(exact.digits.size());
  const std::int64_t behind = std::max<std::int64_t>(digits - exact.power, 0);
  if (fraction && behind > 0) ++stats.fractions;
  at_most(stats.integer_digits, std::clamp<std::int64_t>(exact.power, 1, 1'000'000));
  at_most(stats.fraction_digits, std::min<std::int64_t>(behind, 1'000'000));
  std::from_chars(literal.data(), literal.data() + literal.size(), value);
  if (exact.power > 300) value = n->negative ? -HUGE_VAL : HUGE_VAL;
  if (behind == 0 && std::abs(value) > 2147483648.0) ++stats.beyond_int4;
  if (behind == 0 && beyond_int8(exact)) ++stats.beyond_int8;
  // Six and fifteen digits always survive, within the range of the exponent.
  const std::int64_t power = std::abs(exact.power);
  if ((digits > 6 || power > 36) && !survives<float>(literal, exact)) ++stats.beyond_float4;
  if ((digits > 15 || power > 306) && !survives<double>(literal, exact)) ++stats.beyond_float8;
}

void number(PathStats& stats, std::string_view literal, bool fraction) {
  double value = 0;
  if (fraction || !short_integer(stats, literal, value))
    long_number(stats, literal, fraction, value);
  if (stats.of(Kind::number) == 1) stats.least = stats.greatest = value;
  stats.least = std::min(stats.least, value);
  stats.greatest = std::max(stats.greatest, value);
}

}  // namespace

std::uint64_t PathStats::values() const {
  std::uint64_t all = 0;
  for (const std::uint64_t n : kinds) all += n;
  return all;
}

void PathStats::merge(const PathStats& o) {
  const bool numbers = of(Kind::number) != 0;
  if (o.of(Kind::number) != 0) {
    least = numbers ? std::min(least, o.least) : o.least;
    greatest = numbers ? std::max(greatest, o.greatest) : o.greatest;
  }
  documents += o.documents;
  for (std::size_t k = 0; k < kinds.size(); ++k) kinds[k] += o.kinds[k];
  for (std::size_t f = 0; f < forms.size(); ++f) forms[f] += o.forms[f];
  bytes += o.bytes;
  nul_characters += o.nul_characters;
  lone_surrogates += o.lone_surrogates;
  shortest = std::min(shortest, o.shortest);
  longest = std::max(longest, o.longest);
  fractions += o.fractions;
  integer_digits = std::max(integer_digits, o.integer_digits);
  fraction_digits = std::max(fraction_digits, o.fraction_digits);
  beyond_int4 += o.beyond_int4;
  beyond_int8 += o.beyond_int8;
  beyond_float4 += o.beyond_float4;
  beyond_float8 += o.beyond_float8;
  fewest = std::min(fewest, o.fewest);
  most = std::max(most, o.most);
  members += o.members;
  distinct.merge(o.distinct);
  if (o.frequent) {
    if (!frequent) frequent = std::make_unique<FrequentValues>();
    frequent->merge(*o.frequent);
  }
  if (o.lengths) {
    if (!lengths) lengths = std::make_unique<SizeHistogram>();
    lengths->merge(*o.lengths);
  }
}

Profile::Profile(ProfileLimits limits) : limits_(limits) {
  limits_.paths = std::max<std::size_t>(limits_.paths, 64);
  rebuild_index(1024);
  create(0, Step::root, {});
}

// -- documents

void Profile::add_unreadable(std::uint64_t bytes) {
  ++documents_;
  bytes_ += bytes;
  largest_ = std::max(largest_, bytes);
  sizes_.add(bytes);
}

void Profile::add(const Document& document) {
  add_unreadable(document.text().size());
  const auto nodes = document.nodes();
  ++ordinal_;
  update(0, document, nodes[0]);
  open_.clear();
  if (nodes[0].count != 0) open_.push_back({0, nodes[0].next, nodes[0].kind == Kind::object});
  std::uint32_t before = 0;
  for (std::uint32_t i = 1; !open_.empty();) {
    Open& around = open_.back();
    if (i == around.end) {
      open_.pop_back();
      continue;
    }
    around.path = resolve(around.path);
    std::uint32_t id = none;
    if (around.object) {
      id = member(around.path, document, i++, before);
    } else {
      id = element_of(around.path);
    }
    const Node& node = nodes[i];
    if (id != none) {
      update(id, document, node);
      before = id;
      const bool container = node.kind == Kind::object || node.kind == Kind::array;
      if (container && node.count != 0) {
        if (open_.size() < deepest) {
          open_.push_back({id, node.next, node.kind == Kind::object});
          ++i;
          continue;
        }
        too_deep_ = true;
      }
    }
    i = node.next;
  }
  if (dying_.empty()) return;
  free_.insert(free_.end(), dying_.begin(), dying_.end());
  dying_.clear();
}

void Profile::update(std::uint32_t id, const Document& document, const Node& node) {
  Path& path = paths_[id];
  PathStats& stats = path.stats;
  if (path.last_document != ordinal_) {
    path.last_document = ordinal_;
    ++stats.documents;
  }
  ++stats.kinds[static_cast<std::size_t>(node.kind)];
  stats.bytes += node.size;
  switch (node.kind) {
    case Kind::null:
      return;
    case Kind::array:
    case Kind::object:
      stats.fewest = std::min<std::uint64_t>(stats.fewest, node.count);
      stats.most = std::max<std::uint64_t>(stats.most, node.count);
      stats.members += node.count;
      return;
    case Kind::string:
      text(stats, token(document, node), node.flags);
      break;
    case Kind::number:
      number(stats, token(document, node), (node.flags & Node::fraction) != 0);
      break;
    case Kind::boolean:
      break;
  }
  const std::size_t quote = node.kind == Kind::string ? 1 : 0;
  scalar(stats, {document.text().data() + node.begin - quote, node.size + 2 * quote});
}

void Profile::text(PathStats& stats, std::string_view raw, std::uint8_t flags) {
  stats.bytes += 2;
  const bool escaped = (flags & Node::escaped) != 0;
  const std::uint64_t length = escaped ? unescaped_size(raw) : raw.size();
  stats.shortest = std::min(stats.shortest, length);
  stats.longest = std::max(stats.longest, length);
  if ((flags & Node::has_nul) != 0) ++stats.nul_characters;
  if ((flags & Node::has_surrogate) != 0) ++stats.lone_surrogates;
  const TextForm form = escaped ? TextForm::other : text_form(raw);
  ++stats.forms[static_cast<std::size_t>(form)];
  if (!stats.lengths) stats.lengths = std::make_unique<SizeHistogram>();
  stats.lengths->add(length);
}

void Profile::scalar(PathStats& stats, std::string_view json) {
  const std::uint64_t hash = hash_bytes(json);
  stats.distinct.add(hash);
  if (!limits_.values) return;
  if (!stats.frequent) stats.frequent = std::make_unique<FrequentValues>();
  stats.frequent->add(hash, json);
}

// -- paths

std::uint32_t Profile::member(std::uint32_t parent, const Document& document, std::uint32_t name,
                              std::uint32_t before) {
  const Node& node = document.nodes()[name];
  const std::string_view text = (node.flags & Node::escaped) == 0
                                    ? token(document, node)
                                    : Value(document, name).string(scratch_);
  const std::uint32_t any = paths_[parent].any;
  if (any != none) {
    paths_[any].names.add(hash_bytes(text));
    return any;
  }
  const std::uint32_t guess = paths_[before].follower;
  const Path& guessed = paths_[guess];
  if (guessed.parent == parent && guessed.step == Step::member && guessed.name == text &&
      !guessed.dead)
    return guess;
  std::uint32_t id = find(parent, text);
  if (id == none) id = member_child(parent, text);
  if (id != none && !paths_[before].dead) paths_[before].follower = id;
  return id;
}

std::uint32_t Profile::find(std::uint32_t parent, std::string_view name) const {
  const std::size_t mask = index_.size() - 1;
  for (std::size_t at = hash_bytes(name, parent) & mask; index_[at] != 0; at = (at + 1) & mask) {
    const Path& p = paths_[index_[at]];
    if (p.parent == parent && p.name == name && !p.dead) return index_[at];
  }
  return none;
}

/// A member that was not there before; or `any`, if the object has too many. none = no room.
std::uint32_t Profile::member_child(std::uint32_t parent, std::string_view name) {
  const std::string kept(name);  // `name` may be in a path that moves
  if (paths_[parent].children >= paths_[parent].look_again) {
    if (is_map(parent) || paths_[parent].children >= limits_.paths / 2)
      collapse(parent);
    else
      paths_[parent].look_again *= 2;
  }
  if (live_ >= limits_.paths && paths_[parent].any == none) make_room(parent);
  parent = resolve(parent);
  if (const std::uint32_t any = paths_[parent].any; any != none) {
    paths_[any].names.add(hash_bytes(kept));
    return any;
  }
  if (const std::uint32_t known = find(parent, kept); known != none) return known;
  if (live_ >= limits_.paths * overflow_factor) {
    incomplete_ = true;
    return none;
  }
  return create(parent, Step::member, kept);
}

std::uint32_t Profile::element_of(std::uint32_t parent) {
  if (paths_[parent].element != none) return paths_[parent].element;
  if (live_ >= limits_.paths * overflow_factor) {
    incomplete_ = true;
    return none;
  }
  const std::uint32_t id = create(parent, Step::element, {});
  paths_[parent].element = id;
  return id;
}

std::uint32_t Profile::any_of(std::uint32_t parent) {
  if (paths_[parent].any != none) return paths_[parent].any;
  const std::uint32_t id = create(parent, Step::any_member, {});
  paths_[parent].any = id;
  return id;
}

std::uint32_t Profile::create(std::uint32_t parent, Step step, std::string_view name) {
  std::uint32_t id = 0;
  if (free_.empty()) {
    id = static_cast<std::uint32_t>(paths_.size());
    paths_.emplace_back();
  } else {
    id = free_.back();
    free_.pop_back();
    paths_[id] = Path();
  }
  Path& p = paths_[id];
  p.step = step;
  p.parent = parent;
  p.name = name;
  ++live_;
  if (step != Step::member) return id;
  ++paths_[parent].children;
  if (2 * ++indexed_ > index_.size())
    rebuild_index(2 * index_.size());
  else
    insert(id);
  return id;
}

void Profile::insert(std::uint32_t id) {
  const std::size_t mask = index_.size() - 1;
  std::size_t at = hash_bytes(paths_[id].name, paths_[id].parent) & mask;
  while (index_[at] != 0) at = (at + 1) & mask;
  index_[at] = id;
}

void Profile::rebuild_index(std::size_t size) {
  index_.assign(size, 0);
  indexed_ = 0;
  for (std::uint32_t id = 1; id < paths_.size(); ++id) {
    if (paths_[id].dead || paths_[id].step != Step::member) continue;
    insert(id);
    ++indexed_;
  }
}

// -- too many paths

std::vector<std::uint32_t> Profile::members_of(std::uint32_t parent) const {
  std::vector<std::uint32_t> out;
  for (std::uint32_t id = 1; id < paths_.size(); ++id)
    if (paths_[id].parent == parent && paths_[id].step == Step::member && !paths_[id].dead)
      out.push_back(id);
  return out;
}

/// Attributes of a record are in many of its documents; names that are data are in few.
bool Profile::is_map(std::uint32_t parent) const {
  std::size_t rare = 0;
  for (const std::uint32_t id : members_of(parent))
    if (paths_[id].stats.documents * 10 < paths_[parent].stats.documents) ++rare;
  return 2 * rare > paths_[parent].children;
}

/// Takes the members of the largest object together.
void Profile::make_room(std::uint32_t parent) {
  std::uint32_t largest = parent;
  for (std::uint32_t id = 0; id < paths_.size(); ++id)
    if (!paths_[id].dead && paths_[id].children > paths_[largest].children) largest = id;
  collapse(paths_[largest].children >= smallest_map ? largest : parent);
}

void Profile::collapse(std::uint32_t parent) {
  collapsed_ = true;
  const std::uint32_t any = any_of(parent);
  for (const std::uint32_t id : members_of(parent)) {
    paths_[any].names.add(hash_bytes(paths_[id].name));
    absorb(any, id);
  }
  paths_[parent].children = 0;
  // Each member counted its documents; a document may have several.
  paths_[any].stats.documents =
      std::min(paths_[any].stats.documents, paths_[parent].stats.documents);
  rebuild_index(index_.size());
}

/// Adds a path and all below it to another one.
void Profile::absorb(std::uint32_t into, std::uint32_t from) {
  paths_[into].stats.merge(paths_[from].stats);
  paths_[into].names.merge(paths_[from].names);
  if (const std::uint32_t e = paths_[from].element; e != none) {
    if (paths_[into].element == none) paths_[into].element = create(into, Step::element, {});
    absorb(paths_[into].element, e);
  }
  if (const std::uint32_t any = paths_[from].any; any != none) {
    if (paths_[into].any == none) collapse(into);
    absorb(paths_[into].any, any);
  }
  for (const std::uint32_t id : members_of(from)) {
    std::uint32_t to = paths_[into].any;
    if (to != none) {
      paths_[to].names.add(hash_bytes(paths_[id].name));
    } else {
      to = find(into, paths_[id].name);
      if (to == none) {
        const std::string name = paths_[id].name;
        to = create(into, Step::member, name);
      }
    }
    absorb(to, id);
  }
  Path& gone = paths_[from];
  gone.stats = PathStats();
  gone.names = DistinctCounter();
  gone.dead = true;
  gone.follower = into;
  --live_;
  dying_.push_back(from);
}

// -- merging

std::uint32_t Profile::counterpart(const Path& theirs, std::uint32_t parent) {
  switch (theirs.step) {
    case Step::root:
      return 0;
    case Step::element:
      return element_of(parent);
    case Step::any_member:
      if (paths_[parent].any == none) collapse(parent);
      return paths_[parent].any;
    case Step::member:
      break;
  }
  if (const std::uint32_t any = paths_[parent].any; any != none) {
    paths_[any].names.add(hash_bytes(theirs.name));
    return any;
  }
  const std::uint32_t known = find(parent, theirs.name);
  return known != none ? known : member_child(parent, theirs.name);
}

void Profile::merge(const Profile& other) {
  documents_ += other.documents_;
  bytes_ += other.bytes_;
  largest_ = std::max(largest_, other.largest_);
  sizes_.merge(other.sizes_);
  too_deep_ = too_deep_ || other.too_deep_;
  collapsed_ = collapsed_ || other.collapsed_;
  incomplete_ = incomplete_ || other.incomplete_;
  std::vector<std::uint32_t> mine(other.paths_.size(), none);
  for (const std::uint32_t id : other.in_order()) {
    const Path& theirs = other.paths_[id];
    const std::uint32_t parent = mine[theirs.parent];
    if (theirs.step != Step::root && parent == none) continue;
    mine[id] = counterpart(theirs, theirs.step == Step::root ? 0 : resolve(parent));
    if (mine[id] == none) continue;
    Path& to = paths_[mine[id]];
    to.stats.merge(theirs.stats);
    to.names.merge(theirs.names);
  }
  free_.insert(free_.end(), dying_.begin(), dying_.end());
  dying_.clear();
}

std::vector<std::uint32_t> Profile::in_order() const {
  std::vector<std::vector<std::uint32_t>> below(paths_.size());
  for (std::uint32_t id = 1; id < paths_.size(); ++id)
    if (!paths_[id].dead) below[paths_[id].parent].push_back(id);
  std::vector<std::uint32_t> out, todo = {0};
  while (!todo.empty()) {
    const std::uint32_t id = todo.back();
    todo.pop_back();
    out.push_back(id);
    todo.insert(todo.end(), below[id].rbegin(), below[id].rend());
  }
  return out;
}

}  // namespace arango2pg::doc
