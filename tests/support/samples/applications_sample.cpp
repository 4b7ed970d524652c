// Pack `applications`: a personal job search. Documents carry the traps of real ones: keys of both
// kinds, references as keys and as ids, empty office fields, times in three spellings, and times
// that only `_rev` knows.
#include <functional>
#include <string>

#include "samples/pack_sample.h"
#include "samples/vocabulary.h"

namespace arango2pg::samples {
namespace {

constexpr Micros day = 86400LL * 1000000;
constexpr Micros span = 120 * day;

struct World : PackWorld {
  using PackWorld::PackWorld;
  Collection companies{"companies", false, {"name"}};
  Collection jobs{"jobs", false, {"company_id", "created_at"}};
  Collection applications{"job_applications", false, {"job_id"}};
  std::vector<std::string> company_keys, job_keys;
  std::uint64_t next_number = 204871;

  /// Most keys are UUIDs of the application, some were made by the server.
  std::string key() {
    return random.percent(80) ? uuid4(random)
                              : std::to_string(next_number += random.between(2, 14));
  }
  /// The time of document i of n: spread over the sample's four months.
  Micros time_of(std::size_t i, std::size_t n) {
    return sample_start + static_cast<Micros>(i) * (span / static_cast<Micros>(n)) +
           static_cast<Micros>(random.below(3600)) * 1000000;
  }
  /// Naive, with zone, in milliseconds, or not at all: then only `_rev` knows.
  void created_at(JsonText& json, std::size_t i, Micros at) {
    switch (i % 8) {
      case 3:
        json.string("created_at", iso_time(at, "+00:00"));
        break;
      case 5:
        json.number("created_at", at / 1000);
        break;
      case 7:
        ++made.figures["without_created_at"];
        break;
      default:
        json.string("created_at", iso_time(at));
    }
  }
};

/// Some sentences of a posting.
std::string prose(Random& random, std::size_t sentences) {
  std::string text;
  for (std::size_t i = 0; i < sentences; ++i) {
    if (i > 0) text += i % 3 == 0 ? "\n\n" : " ";
    text += random.percent(50) ? random.pick(summaries()) : random.pick(achievements());
  }
  return text;
}

void make_company(World& world, std::size_t i, std::size_t n) {
  constexpr std::string_view industries[] = {"Logistics", "Software", "Health", "Banking", "Steel"};
  constexpr std::string_view sizes[] = {"1-10", "11-50", "51-200", "201-1000", "1000+"};
  const std::string key = world.key();
  const Micros at = world.time_of(i, n);
  Random& random = world.random;
  JsonText json = world.begin(world.companies, key, at);
  std::string name(random.pick(companies()));
  if (i >= companies().size()) name += " " + std::to_string(i);
  json.string("name", i % 11 == 4 ? "  " + name + " " : name);
  const std::string host = "c" + std::to_string(i) + ".example.com";
  json.string("domain", host).string("industry", random.pick(industries));
  json.string("sub_industry", "Sub " + std::to_string(i % 7));
  const std::size_t size = random.below(5);
  json.string("size_range", sizes[size]);
  json.number("employee_count_min", size == 0 ? 1 : 10 << size);
  if (size < 4) json.number("employee_count_max", 10 << (size + 1));
  json.string("headquarters_location", random.pick(locations()));
  if (i % 6 != 2)
    json.number("founded_year", static_cast<std::int64_t>(random.between(1871, 2024)));
  json.string("company_type", i % 5 == 0 ? "public" : "private");
  json.string("company_url", i % 13 == 6 ? "c" + std::to_string(i) : "https://" + host);
  json.string("linkedin_url", "https://social.example.com/company/" + std::to_string(i));
  if (i % 3 == 0) json.null("glassdoor_url");
  json.string("company_description", prose(random, 4));
  if (i % 4 == 0) json.string("recent_news", prose(random, 2));
  world.created_at(json, i, at);
  world.companies.add(at, json);
  world.company_keys.push_back(key);
}

/// The fields that `location` comes from; empty and missing parts are where the original failed.
void append_office(World& world, JsonText& json, std::size_t i) {
  const auto office = [&](std::string_view city, std::string_view province,
                          std::string_view country) {
    json.string("office_city", city).string("office_province", province);
    json.string("office_country", country);
  };
  switch (i % 7) {
    case 1:
      ++world.made.figures["location_without_city"];
      return office("", "ON", "Canada");
    case 2:
      json.string("office_city", "Brno").null("office_province");
      ++world.made.figures["location_city_only"];
      return;
    case 3:
      ++world.made.figures["without_location"];
      return office("", " ", "");
    case 4:
      ++world.made.figures["without_location"];
      return;
    case 5:
      return office("Québec", "QC", "Canada");
    default:
      return office("Toronto", "ON", "Canada");
  }
}

void append_judgement(World& world, JsonText& json, std::size_t i) {
  Random& random = world.random;
  if (i % 5 == 2) {
    ++world.made.figures["without_prestige"];
    if (i % 10 == 2) json.null("prestige_factor");
  } else {
    json.number("prestige_factor", static_cast<std::int64_t>(random.between(1, 10)));
    json.string("prestige_reasoning", prose(random, 1));
  }
  json.number("estimated_stress_level", static_cast<std::int64_t>(random.between(1, 10)));
  json.boolean("analysis_completed", i % 3 != 0).boolean("eligibility_flag", i % 9 != 0);
  json.boolean("title_matches_role", true).boolean("is_authentic", i % 17 != 0);
  json.raw("consolidation_confidence", i % 2 == 0 ? "0.857142857142857" : "1");
  if (i % 4 == 0) {
    json.string("cover_letter_pain_point", prose(random, 1));
    json.string("cover_letter_evidence", prose(random, 1));
  }
}

void make_job(World& world, std::size_t i, std::size_t n) {
  constexpr std::string_view levels[] = {"junior", "intermediate", "senior", "lead"};
  constexpr std::string_view statuses[] = {"not_applied", "prepared", "applied"};
  constexpr std::string_view currencies[] = {"CAD", "USD", "EUR"};
  const std::string key = world.key();
  const Micros at = world.time_of(i, n);
  Random& random = world.random;
  JsonText json = world.begin(world.jobs, key, at);
  const std::string& company = world.company_keys[random.below(world.company_keys.size())];
  if (i % 19 == 8)
    ++world.made.figures["jobs_without_company"];
  else
    json.string("company_id", i % 6 == 1 ? "companies/" + company : company);
  json.string("job_title", random.pick(positions())).string("job_description", prose(random, 7));
  json.string("job_number", "REQ-" + std::to_string(10000 + i)).string("department", "R&D");
  append_office(world, json, i);
  if (i % 4 != 3) {
    const auto low = static_cast<std::int64_t>(random.between(55, 140)) * 100000;
    json.boolean("salary_mentioned", true)
        .number("salary_low", low)
        .number("salary_high", low * 5 / 4);
    json.string("salary_period", "yearly").string("compensation_currency", random.pick(currencies));
  }
  json.string("remote_options", i % 2 == 0 ? "hybrid" : "remote").string("job_type", "full-time");
  if (i % 8 != 5) json.string("seniority_level", random.pick(levels));
  json.string("application_status", random.pick(statuses));
  json.string("application_method", "email");
  json.string("application_email", "jobs" + std::to_string(i) + "@example.com");
  json.string("posted_date", iso_time(at).substr(0, 10));
  json.string("application_deadline", i % 5 == 4 ? "" : iso_time(at + 30 * day).substr(0, 10));
  append_judgement(world, json, i);
  if (i % 23 == 9) json.string("scraper_version", "2.1");  // nobody takes it
  world.created_at(json, i, at);
  world.jobs.add(at, json);
  world.job_keys.push_back(key);
}

std::string_view append_status(World& world, JsonText& json, std::size_t i) {
  constexpr std::string_view statuses[] = {"sent",    "sent",      "sent",     "failed",
                                           "applied", "responded", "rejected", "prepared",
                                           "pending", "hired"};
  if (i % 29 == 13) {
    ++world.made.figures["unknown_status"];
    json.string("application_status", "ghosted");
    return "ghosted";
  }
  const std::string_view status = world.random.pick(statuses);
  json.string("application_status", status);
  if (status == "sent" || status == "failed") ++world.made.figures[std::string(status)];
  return status;
}

void append_documents(World& world, JsonText& json, std::size_t i) {
  auto& sent = world.made.figures["documents_sent"];
  switch (i % 6) {
    case 0:
      return;
    case 1:
      json.name("documents_sent").begin_array().end_array();
      return;
    case 2:
      json.name("documents_sent")
          .strings({"résumé, \"final\" {2}.pdf", "back\\slash.docx", "NULL"});
      sent += 3;
      return;
    default:
      json.name("documents_sent").strings({"resume.pdf", "cover_letter.docx"});
      sent += 2;
  }
}

void make_application(World& world, std::size_t i, std::size_t n) {
  const std::string key = world.key();
  const Micros at = world.time_of(i, n);
  Random& random = world.random;
  JsonText json = world.begin(world.applications, key, at);
  if (i % 31 == 20)
    json.null("job_id");
  else
    json.string("job_id", world.job_keys[random.below(world.job_keys.size())]);
  if (i % 9 != 4) json.string("application_date", iso_time(at - 60000000, "+00:00"));
  json.string("application_method", "email").string("email_sent_to", "hr@example.com");
  const std::string_view status = append_status(world, json, i);
  append_documents(world, json, i);
  json.name("tracking_data").begin_object().number("clicks", static_cast<std::int64_t>(i % 5));
  json.name("links").strings({"https://t.example.com/" + std::to_string(i)});
  json.raw("weight", "0.10").end_object();
  if (status == "responded" || status == "rejected") {
    json.string("first_response_received_at", iso_time(at + day, "+00:00"));
    json.string("last_response_received_at", iso_time(at + 2 * day, "+00:00"));
    json.string("response_type", status == "rejected" ? "rejection" : "interview");
  }
  if (i % 3 == 0) json.string("notes", prose(random, 2));
  json.raw("tone_coherence_score", "0." + std::to_string(random.between(100000, 999999)));
  json.raw("tone_jump_score", i % 2 == 0 ? "0.3333333333333333" : "0");
  json.raw("total_tone_travel", "1.75");
  world.created_at(json, i, at);
  world.applications.add(at, json);
}

/// One document per rule that real data breaks; each has exactly one fault.
void make_odd(World& world) {
  const auto add = [&](Collection& collection, std::string_view rule,
                       const std::function<void(JsonText&)>& fill) {
    const std::string key = uuid4(world.random);
    const Micros at = world.tick() + span;
    JsonText json = world.begin(collection, key, at);
    fill(json);
    collection.add(at, json);
    world.must_be_quarantined(collection, key, rule);
  };
  const auto company = [&](std::string_view rule, const std::function<void(JsonText&)>& fill) {
    add(world.companies, rule, [&](JsonText& j) { fill(j.string("name", "Odd Ltd.")); });
  };
  const auto job = [&](std::string_view rule, const std::function<void(JsonText&)>& fill) {
    add(world.jobs, rule, [&](JsonText& j) { fill(j.string("job_title", "Odd job")); });
  };
  const auto application = [&](std::string_view rule, const std::function<void(JsonText&)>& fill) {
    add(world.applications, rule,
        [&](JsonText& j) { fill(j.string("job_id", world.job_keys.front())); });
  };
  add(world.companies, "required", [](JsonText& j) { j.string("domain", "nameless.example.com"); });
  add(world.companies, "check_min_length", [](JsonText& j) { j.string("name", ""); });
  add(world.companies, "too_long", [](JsonText& j) { j.string("name", std::string(256, 'x')); });
  company("wrong_type", [](JsonText& j) { j.string("founded_year", "ca. 1990"); });
  company("bad_integer", [](JsonText& j) { j.raw("employee_count_min", "12.5"); });

  job("pg_check_violation", [](JsonText& j) { j.number("prestige_factor", 11); });
  job("bad_integer", [](JsonText& j) { j.raw("salary_low", "85000.50"); });
  job("out_of_range", [](JsonText& j) { j.number("salary_high", 3000000000); });
  job("bad_date", [](JsonText& j) { j.string("application_deadline", "ASAP"); });
  job("bad_date", [](JsonText& j) { j.string("posted_date", "2025-02-30"); });
  job("bad_timestamp", [](JsonText& j) { j.string("created_at", "last week"); });
  job("wrong_type", [](JsonText& j) { j.string("is_active", "yes"); });
  job("bad_reference", [](JsonText& j) { j.string("company_id", ""); });
  job("nul_character", [](JsonText& j) { j.raw("job_description", R"("cut\u0000here")"); });
  job("pg_foreign_key_violation",
      [&](JsonText& j) { j.string("company_id", uuid4(world.random)); });

  application("wrong_type", [](JsonText& j) { j.string("documents_sent", "resume.pdf"); });
  application("wrong_type", [](JsonText& j) { j.raw("documents_sent", R"([{"file":"a.pdf"}])"); });
  application("check_type", [](JsonText& j) { j.string("tracking_data", "clicked"); });
  application("out_of_range", [](JsonText& j) { j.raw("total_tone_travel", "1e400"); });
  application("bad_timestamp",
              [](JsonText& j) { j.string("first_response_received_at", "2025-13-01T10:00:00"); });
  add(world.applications, "pg_foreign_key_violation",
      [&](JsonText& j) { j.string("job_id", uuid4(world.random)); });
}

}  // namespace

PackSample make_applications(const PackOptions& options) {
  World world(options);
  const std::size_t companies = 40 * options.scale, jobs = 200 * options.scale,
                    applications = 320 * options.scale;
  for (std::size_t i = 0; i < companies; ++i) make_company(world, i, companies);
  for (std::size_t i = 0; i < jobs; ++i) make_job(world, i, jobs);
  for (std::size_t i = 0; i < applications; ++i) make_application(world, i, applications);
  if (options.odd) make_odd(world);

  world.made.database = "merlin";
  for (Collection* c : {&world.companies, &world.jobs, &world.applications})
    world.made.collections.push_back(std::move(*c).finish());
  return std::move(world.made);
}

}  // namespace arango2pg::samples
