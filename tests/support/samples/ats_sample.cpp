#include "samples/ats_sample.h"

#include <algorithm>
#include <map>

#include "samples/ats_internal.h"

namespace arango2pg::samples {
namespace {

std::string login_id(Random& random, std::size_t i) {
  constexpr std::string_view digits =
      "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  if (i == 1) return "test_user";
  const bool test_data = i % 9 == 4;
  std::string id = test_data ? "user_" : "";
  for (std::size_t n = test_data ? 8 : 32; n > 0; --n) id += digits[random.below(digits.size())];
  return id;
}

std::string sql_text(std::string_view text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? "''" : std::string(1, c);
  return out + "'";
}

std::string users_sql(const std::vector<User>& users) {
  std::string sql =
      "-- The users that the sample's documents belong to; load them before the documents.\n"
      "INSERT INTO \"user\" (id, name, email, \"emailVerified\", \"createdAt\", \"updatedAt\")\n"
      "VALUES\n";
  const std::string at = sql_text(iso_time(sample_start));
  for (std::size_t i = 0; i < users.size(); ++i) {
    sql += "  (" + sql_text(users[i].id) + ", " + sql_text(users[i].person.name) + ", ";
    sql += sql_text(std::string(users[i].person.ascii) + "+" + std::to_string(i) + "@example.com");
    sql += std::string(", true, ") + at + ", " + at + ")";
    sql += i + 1 < users.size() ? ",\n" : "\n";
  }
  return sql + "ON CONFLICT DO NOTHING;\n";
}

}  // namespace

JsonText Collection::begin(const std::string& key, Micros written, bool ascii,
                           const std::string& from, const std::string& to) {
  std::string rev = revision(written);
  for (std::uint64_t n = 1; !revisions_.insert(rev).second; ++n) rev = revision(written, n);
  JsonText json(ascii);
  json.begin_object().string("_key", key).string("_id", made_.name + "/" + key);
  if (!from.empty()) json.string("_from", from).string("_to", to);
  json.string("_rev", rev);
  return json;
}

SampleCollection Collection::finish() && {
  std::stable_sort(documents_.begin(), documents_.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  for (auto& [written, json] : documents_) made_.documents.push_back(std::move(json));
  return std::move(made_);
}

void make_users(World& world, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    world.users.push_back({login_id(world.random, i), people()[i % people().size()]});
    const User& user = world.users.back();
    JsonText json = world.user_documents.begin(user.id, world.now, world.options.ascii);
    json.string("name", user.person.name);
    json.string("email", std::string(user.person.ascii) + "+" + std::to_string(i) + "@example.com");
    json.boolean("emailVerified", true).string("createdAt", iso_time(world.now));
    json.string("updatedAt", iso_time(world.now));
    world.user_documents.add(world.now, json);
  }
}

AtsSample make_ats_sample(const AtsOptions& options) {
  World world(options);
  // Real users have at most seven résumés.
  make_users(world, std::max<std::size_t>(4, options.resumes / 5 + 1));
  make_resumes(world);
  make_jobs(world);
  make_results(world);
  if (options.odd) make_odd(world);
  if (options.broken) make_broken(world);

  AtsSample sample;
  if (options.users) sample.collections.push_back(std::move(world.user_documents).finish());
  for (Collection* c : {&world.resume_documents, &world.job_documents, &world.documents,
                        &world.task_results, &world.job_research})
    sample.collections.push_back(std::move(*c).finish());
  sample.quarantined = std::move(world.quarantined);
  sample.users_sql = users_sql(world.users);
  return sample;
}

std::string manifest(const AtsOptions& options, const AtsSample& sample) {
  std::map<std::string, std::int64_t> refused;
  for (const Expected& e : sample.quarantined) ++refused[e.collection];
  JsonText json;
  json.begin_object().number("seed", static_cast<std::int64_t>(options.seed));
  json.name("collections").begin_array();
  for (const SampleCollection& c : sample.collections) {
    json.begin_object().string("name", c.name).boolean("edge", c.edge);
    json.number("documents", static_cast<std::int64_t>(c.documents.size()));
    json.number("filtered", static_cast<std::int64_t>(c.filtered));
    json.number("quarantined", refused[c.name]).end_object();
  }
  json.end_array().name("quarantined").begin_array();
  for (const Expected& e : sample.quarantined) {
    json.begin_object().string("collection", e.collection).string("key", e.key);
    json.string("rule", e.rule).end_object();
  }
  return json.end_array().end_object().text() + "\n";
}

}  // namespace arango2pg::samples
