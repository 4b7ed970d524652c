#include "samples/ats_sample.h"

#include <algorithm>

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
  return manifest(options.seed, sample.collections, sample.quarantined);
}

}  // namespace arango2pg::samples
